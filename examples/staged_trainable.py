"""A training in two stages, in plain NumPy: `train`, then `quantize`.

A stage names the parameters that it reads; it is not shown any other. Its product is what it
leaves in `context.output`; the next stage finds that in `context.inputs`. From these names
Paretune knows that the three values of `levels` share one training, and, since `epochs` is a
prefix, that a longer training may begin where a shorter one has ended.
"""

import numpy as np
from paretune.trainables import Stage, Trainable
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

BATCH = 64


def split():
    """Training and validation images and labels, always the same."""
    images, labels = load_digits(return_X_y=True)
    return train_test_split(images / 16.0, labels, test_size=0.25, random_state=0, stratify=labels)


def predict(weights, x):
    """The classes that the network sees in `x`."""
    return (np.maximum(x @ weights[0], 0) @ weights[1]).argmax(axis=1)


def save(folder, weights):
    """What the next stage, or a longer training, goes on from."""
    np.savez(folder / "weights.npz", w0=weights[0], w1=weights[1])


def load(folder):
    """The inverse of `save`."""
    with np.load(folder / "weights.npz") as archive:
        return [archive["w0"], archive["w1"]]


def train(params, context):
    """Plain stochastic gradient descent; every epoch's order depends on the seed and the epoch."""
    with context.phase("data"):
        x, x_val, y, y_val = split()
    random = np.random.default_rng(context.seed)
    hidden = params["hidden"]
    weights = [random.normal(0, 0.1, (64, hidden)), random.normal(0, 0.1, (hidden, 10))]
    done = 0
    if context.resumed is not None:
        done, folder = context.resumed
        weights = load(folder)
    accuracy = float((predict(weights, x_val) == y_val).mean())
    for epoch in range(done + 1, params["epochs"] + 1):
        order = np.random.default_rng((context.seed, epoch)).permutation(len(x))
        for batch in np.split(order, range(BATCH, len(x), BATCH)):
            h = np.maximum(x[batch] @ weights[0], 0)
            exp = np.exp(h @ weights[1] - (h @ weights[1]).max(axis=1, keepdims=True))
            p = exp / exp.sum(axis=1, keepdims=True)
            p[np.arange(len(batch)), y[batch]] -= 1
            gradient = x[batch].T @ ((p @ weights[1].T) * (h > 0)) / len(batch)
            weights[1] = weights[1] - params["learning_rate"] * (h.T @ p) / len(batch)
            weights[0] = weights[0] - params["learning_rate"] * gradient
        accuracy = float((predict(weights, x_val) == y_val).mean())
        # As if `epochs` had been `epoch`: kept for whoever wants just that, or goes on from it.
        context.checkpoint(epoch, lambda folder: save(folder, weights), {"accuracy": accuracy})
        context.report(epoch, accuracy=accuracy)
    save(context.output, weights)
    return {"accuracy": accuracy}


def quantize(params, context):
    """Round the weights to `levels` values; the accuracy is that of the rounded network."""
    rounded = []
    for weights in load(context.inputs):
        step = 2 * np.abs(weights).max() / (params["levels"] - 1)
        rounded.append(np.round(weights / step) * step)
    with context.phase("evaluate"):
        _, x_val, _, y_val = split()
        accuracy = float((predict(rounded, x_val) == y_val).mean())
    bits = np.log2(params["levels"])
    return {"accuracy": accuracy, "kib": sum(w.size for w in rounded) * bits / 8 / 1024}


trainable = Trainable(
    "staged-digits",
    (
        Stage("train", train, params=("learning_rate", "hidden", "epochs"), prefix="epochs"),
        Stage("quantize", quantize, params=("levels",)),
    ),
)
