"""A trainable for the API's tests and the examples in docstrings: NumPy, a few milliseconds."""

import numpy as np
import paretune as pt


def train(params, context):
    """Logistic regression on two clouds of points; the larger `hidden`, the more features."""
    rng = np.random.default_rng(context.seed)
    size = int(params.get("hidden", 4))
    x = rng.normal(size=(200, size))
    y = (x.sum(axis=1) > 0).astype(float)
    w = np.zeros(size)
    for epoch in range(1, 4):
        p = 1 / (1 + np.exp(-x @ w))
        w -= params.get("lr", 0.1) * x.T @ (p - y) / len(y)
        accuracy = float(((x @ w > 0) == y).mean())
        context.report(epoch, accuracy=accuracy)
    return {"accuracy": accuracy, "weights": float(size)}


def broken(params, context):
    """Fails in every trial."""
    raise RuntimeError("no such file")


def interrupts(params, context):
    """The user presses Ctrl-C while the second trial runs."""
    import os
    import signal
    import time

    if context.number == 1:
        os.kill(int(params["driver"]), signal.SIGINT)
        time.sleep(30)
    return {"accuracy": 0.5}


def slow(params, context):
    """Long enough for two drivers to work at once."""
    import time

    time.sleep(0.2)
    return {"accuracy": params["lr"], "weights": float(params["hidden"])}


class Model:
    """A class whose method is no trainable."""

    def train(self, params, context):
        return {"accuracy": 1.0}


staged = pt.Trainable("staged", (pt.Stage("fit", train, stored=False),))
