"""A scikit-learn model searched from Python: run this file with `python sklearn_study.py`.

It tries ten configurations of a small network on the handwritten digits, each in a process of its
own, and exports the best compromise between accuracy and what its training costs.
"""

import paretune as pt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier


def train(params, context):
    """Accuracy on images that the training has not seen, and the size of the network."""
    images, labels = load_digits(return_X_y=True)
    x, x_val, y, y_val = train_test_split(
        images / 16.0, labels, test_size=0.25, random_state=0, stratify=labels
    )
    model = MLPClassifier(
        hidden_layer_sizes=(params["hidden"],),
        learning_rate_init=params["learning_rate"],
        batch_size=params["batch_size"],
        random_state=context.seed,
    )
    for epoch in range(1, params["epochs"] + 1):
        model.partial_fit(x, y, classes=range(10))
        # A trial that cannot become one of the best any more ends here.
        context.report(epoch, accuracy=model.score(x_val, y_val))
    weights = sum(layer.size for layer in (*model.coefs_, *model.intercepts_))
    return {"accuracy": model.score(x_val, y_val), "weights": weights}


study = pt.Study(
    "sklearn-digits",
    train,
    space={
        "hidden": pt.Int(4, 128, log=True),
        "learning_rate": pt.Float(1e-4, 1e-1, log=True),
        "batch_size": pt.Choice(16, 32, 64, 128),
        "epochs": pt.Int(2, 10),
    },
    objectives={"accuracy": "maximize", "gpu_seconds": "minimize"},
    constraints={"accuracy": ">= 0.5"},
    budget=pt.Budget(trials=10),
    seed=0,
)
result = study.run(storage="sqlite:///sklearn.db")

front = result.to_pandas()
print(front[["accuracy", "gpu_seconds", "weights", "hidden", "epochs"]])

chosen = result.knee(where="accuracy >= 0.5")
print(f"{chosen} is in {chosen.export('sklearn-knee').folder}")
