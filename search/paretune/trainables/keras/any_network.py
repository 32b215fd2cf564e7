"""Any Keras network: `trainable = "keras"` with `keras_model = "module:function"` in `[train]`.

    def network(input_shape, classes, params):
        return tf_keras.Sequential([...])       # built, not compiled

`input_shape` is (height, width, channels) as the data has it, raw values; `params` holds every
parameter of the study and setting of `[train]` except those of pruning and quantization. The
network returns one value per class: probabilities if it ends in a softmax, else logits. It must
depend on its arguments only, since later stages build it again. `import tf_keras`, or
`tensorflow.keras` with TF_USE_LEGACY_KERAS=1, as every trial has it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from paretune.errors import TrainableError
from paretune.reimport import import_up_to_run
from paretune.trainables import Params
from paretune.trainables.keras.framework import tf_keras
from paretune.trainables.keras.keras_chain import chain
from paretune.trainables.keras.network import Architecture, Model


def build(input_shape: tuple[int, ...], classes: int, params: Params) -> Model:
    """What the user's function returns. Raises TrainableError where it is not there."""
    named = params.get("keras_model")
    if not isinstance(named, str) or named.count(":") != 1:
        raise TrainableError(
            f'keras_model is {named!r}; give "module:function" in [train], a function of '
            "(input_shape, classes, params) that returns a tf_keras.Model"
        )
    module_name, _, attribute = named.partition(":")
    try:
        function: Any = getattr(import_up_to_run(module_name), attribute, None)
    except ModuleNotFoundError as error:
        raise TrainableError(
            f"keras_model = {named!r}: no module {error.name!r}; put it beside "
            "the study file, or beside the config.toml of an export"
        ) from error
    if not callable(function):
        raise TrainableError(
            f"keras_model = {named!r}: {module_name} has no function {attribute!r}"
        )
    model = function(input_shape, classes, dict(params))
    if not isinstance(model, tf_keras.Model):
        raise TrainableError(
            f"keras_model = {named!r} returned a {type(model).__module__}.{type(model).__name__}; "
            "return a tf_keras.Model (Keras 3 is another library: import tf_keras)"
        )
    return model


def modules(params: Params) -> tuple[str, ...]:
    """Where the network's function is."""
    return (str(params.get("keras_model", "")).partition(":")[0],)


trainable = replace(
    chain("keras", Architecture(build, params=None, repeatable=False)),
    modules=modules,
)
