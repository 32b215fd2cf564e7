"""The network of `train.py`: written out, or imported from the user's own module."""

from __future__ import annotations

from pprint import pformat

from paretune.trainables import Params
from paretune.trainables.keras.cnn_layers import convolutions, units
from paretune.trainables.settings import (
    AwareSettings,
    CnnSettings,
    DecaySettings,
    PruneSettings,
    QuantizeSettings,
    TrainSettings,
)

_COMPRESSION = {
    *DecaySettings.names(),
    *PruneSettings.names(),
    *AwareSettings.names(),
    *QuantizeSettings.names(),
}
# The layers whose weights are compressed are found in the same way in every network of ours.
_PLAIN_KERNELS = '''\
def kernels(model):
    """The weights of convolutions and dense layers, from the image on."""
    return [layer.kernel for layer in model.layers if hasattr(layer, "kernel")]


def channel_axes(kernel):
    """The axes that one output channel spans."""
    return list(range(len(kernel.shape) - 1))


def prunable(model):
    """Neither the first convolution nor the last layer: few weights, on which all else rests."""
    return kernels(model)[1:-1]
'''
_ANY_KERNELS = '''\
def layers_with_weights(model):
    """(layer, weights) of every convolution and dense layer, in order."""
    found, seen = [], set()
    for layer in model._flatten_layers(include_self=False, recursive=True):
        for name in ("kernel", "depthwise_kernel", "pointwise_kernel"):
            weight = getattr(layer, name, None)
            if weight is not None and id(weight) not in seen and len(weight.shape) >= 2:
                seen.add(id(weight))
                found.append((layer, name, weight))
    return found


def kernels(model):
    return [weight for _, _, weight in layers_with_weights(model)]


def channel_axes(kernel):
    """The axes that one output channel spans."""
    rank = len(kernel.shape)
    if "depthwise_kernel" in kernel.name:
        return list(range(rank - 2))
    channel = rank - 2 if "transpose" in kernel.name else rank - 1
    return [axis for axis in range(rank) if axis != channel]


def prunable(model):
    """Not depthwise weights, not a first convolution, not the last layer."""
    found = layers_with_weights(model)
    return [
        weight
        for order, (layer, name, weight) in enumerate(found)
        if name != "depthwise_kernel"
        and not (order == 0 and isinstance(layer, tf_keras.layers.Conv2D))
        and order != len(found) - 1
    ]
'''


def bundled(params: Params) -> list[str]:
    """The bundled network, layer by layer."""
    settings = CnnSettings.parse(params)
    layers = []
    for each in convolutions(settings):
        stride = "" if each.stride == 1 else f", strides={each.stride}"
        layers.append(f'layers.Conv2D({each.filters}, {each.kernel}{stride}, activation="relu")')
        if each.pooled:
            layers.append("layers.MaxPooling2D(2)")
    body = "\n".join(f"            {layer}," for layer in layers)
    precision, policy = _policy(TrainSettings.parse(params).precision)
    network = f"""\
def network(input_shape, classes{precision}):
    layers = tf_keras.layers{policy}
    return tf_keras.Sequential(
        [
            layers.Input(input_shape),
            layers.Rescaling(1 / 255),
{body}
            layers.Flatten(),
            layers.Dense({units(settings)}, activation="relu"),
            layers.Dense(classes, activation="softmax", dtype="float32"),
        ],
        name="cnn",
    )
"""
    return [network, *_kernels(params, _PLAIN_KERNELS)]


def imported(params: Params) -> list[str]:
    """The user's own network, by the name that the study gave."""
    module, _, function = str(params["keras_model"]).partition(":")
    given = {name: value for name, value in params.items() if name not in _COMPRESSION}
    given |= {n: params[n] for n in TrainSettings.names() if n in params}
    precision, policy = _policy(TrainSettings.parse(params).precision)
    network = f'''\
PARAMS = {pformat(dict(given), sort_dicts=False)}


def network(input_shape, classes{precision}):
    """The function of the study, from the folder `code` or wherever Python finds it."""
    sys.path.insert(0, str(Path(__file__).parent / "code")){policy}
    module = importlib.import_module({module!r})
    return module.{function}(input_shape, classes, dict(PARAMS))
'''
    return [network, *_kernels(params, _ANY_KERNELS)]


def _kernels(params: Params, text: str) -> list[str]:
    asked = PruneSettings.parse(params).asked or AwareSettings.parse(params).asked
    return [text] if asked or QuantizeSettings.parse(params).bits == 4 else []


def _policy(precision: str) -> tuple[str, str]:
    """The parameter of `network`, and the line in it, that set the layers' precision."""
    if precision == "float32":
        return "", ""
    setting = "tf_keras.mixed_precision.set_global_policy(precision)"
    return f', precision="mixed_{precision}"', f"\n    {setting}"
