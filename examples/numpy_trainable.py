"""A training of your own, in plain NumPy: one function, given parameters and a context.

It runs in a process of its own on the devices it has leased; what it costs is measured from
outside. It returns numbers; any of them can be an objective or a constraint of the study.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


def train(params, context):
    """A network with one hidden layer on scikit-learn's digits; returns validation accuracy."""
    with context.phase("data"):  # a phase of its own: loading is no part of the training's cost
        images, labels = load_digits(return_X_y=True)
        x, x_val, y, y_val = train_test_split(
            images / 16.0, labels, test_size=0.25, random_state=0, stratify=labels
        )
    random = np.random.default_rng(context.seed)
    w1 = random.normal(0, 0.1, (64, params["hidden"]))
    w2 = random.normal(0, 0.1, (params["hidden"], 10))
    accuracy = 0.0
    for epoch in range(1, params["epochs"] + 1):
        order = random.permutation(len(x))
        losses = []
        for start in range(0, len(x), params["batch_size"]):
            batch = order[start : start + params["batch_size"]]
            hidden = np.maximum(x[batch] @ w1, 0)
            exp = np.exp(hidden @ w2 - (hidden @ w2).max(axis=1, keepdims=True))
            p = exp / exp.sum(axis=1, keepdims=True)
            losses.append(-np.log(p[np.arange(len(batch)), y[batch]] + 1e-12).mean())
            p[np.arange(len(batch)), y[batch]] -= 1
            gradient1 = x[batch].T @ ((p @ w2.T) * (hidden > 0)) / len(batch)
            w2 -= params["learning_rate"] * (hidden.T @ p) / len(batch)
            w1 -= params["learning_rate"] * gradient1
        with context.phase("evaluate"):
            predicted = (np.maximum(x_val @ w1, 0) @ w2).argmax(axis=1)
            accuracy = float((predicted == y_val).mean())
        # Ends the trial if the loss is NaN, or if the study has given it up.
        context.report(epoch, loss=float(np.mean(losses)), accuracy=accuracy)
    return {"accuracy": accuracy, "parameters": w1.size + w2.size}
