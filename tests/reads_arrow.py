"""A trainable that has read columns by the time its module is imported."""

import pyarrow

LABELS = pyarrow.array([0, 1, 1]).to_pylist()


def train(params, context):
    return {"accuracy": sum(LABELS) / 3}
