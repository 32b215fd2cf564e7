"""A module that looks, to the warm parent, as if TensorFlow had run an operation in it."""

import sys
import types


class _Context:
    _initialized = True


_module = types.ModuleType("tensorflow.python.eager.context")
_module.context = _Context  # type: ignore[attr-defined]
sys.modules["tensorflow.python.eager.context"] = _module


def train(params, context):
    return {"accuracy": 1.0}
