"""What `train.py` does to the weights: pruning, training on a grid, the file."""

from __future__ import annotations

from string import Template

from paretune.trainables.settings import AwareSettings, PruneSettings, QuantizeSettings

_PRUNING = '''\
class Pruning:
    """Sets the smallest weights of each layer to zero, and keeps them there."""

    def __init__(self, model, steps):
        self.weights = prunable(model)
        self.masks = [tf.Variable(tf.ones_like(w), trainable=False) for w in self.weights]
        begin = round($begin * (steps - 1))
$schedule

    def before(self, step):
        due, share = self.schedule(step)
        if due:
            for weight, mask in zip(self.weights, self.masks):
                mask.assign(largest(weight, float(share)))
                weight.assign(weight * mask)

    def after(self):
        for weight, mask in zip(self.weights, self.masks):
            weight.assign(weight * mask)


def largest(weight, share):
    """1 for the weights that stay when the smallest share of them goes."""
    size = np.abs(weight.numpy())
    kept = max(round(size.size * (1 - share)), 1)
    return (size >= np.sort(size, axis=None)[-kept]).astype(np.float32)
'''
_CONSTANT = (
    "        self.schedule = tfmot.sparsity.keras.ConstantSparsity(SPARSITY, begin, begin, 1)"
)
_POLYNOMIAL = """\
        end = round($end * (steps - 1))
        every = max((end - begin) // 50, 1)
        end = begin + (end - begin) // every * every
        if begin == end:
            self.schedule = tfmot.sparsity.keras.ConstantSparsity(SPARSITY, begin, begin, 1)
        else:
            self.schedule = tfmot.sparsity.keras.PolynomialDecay(0.0, SPARSITY, begin, end,
                                                                 frequency=every)"""
_TWO_OF_FOUR = '''\
class Pruning:
    """Keeps the two largest of every four weights along the reduced axis (2:4 sparsity)."""

    def __init__(self, model, steps):
        self.weights = [w for w in prunable(model) if w.shape[-2] % 4 == 0]
        self.masks = [tf.Variable(tf.ones_like(w), trainable=False) for w in self.weights]

    def before(self, step):
        if step == 0:
            for weight, mask in zip(self.weights, self.masks):
                mask.assign(largest_of_four(weight.numpy()))
                weight.assign(weight * mask)

    def after(self):
        for weight, mask in zip(self.weights, self.masks):
            weight.assign(weight * mask)


def largest_of_four(weight):
    *outer, inputs, outputs = weight.shape
    fours = np.abs(weight).reshape(*outer, inputs // 4, 4, outputs)
    order = np.argsort(-fours, axis=-2, kind="stable")
    rank = np.argsort(order, axis=-2, kind="stable")
    return (rank < 2).astype(np.float32).reshape(weight.shape)
'''
_ON_GRID = '''\
class OnGrid:
    """Quantization-aware: each step sees the weights as the file stores them.

    The update is applied to the exact weights behind them (straight-through estimator).
    """

    def __init__(self, model, steps):
        self.weights = kernels(model)
$pruned        self.masks = [$masks for w in self.weights]

    def before(self, step):
        self.offsets = []
        for weight in self.weights:
            exact = tf.identity(weight)
            weight.assign(on_grid(exact, channel_axes(weight)))
            self.offsets.append(exact - weight)

    def after(self):
        for weight, mask, offset in zip(self.weights, self.masks, self.offsets):
            weight.assign((weight + offset) * mask)

    def settle(self):
        for weight in self.weights:
            weight.assign(on_grid(tf.identity(weight), channel_axes(weight)))


'''
_INTEGER_GRID = '''\
def on_grid(weight, axes):
    """The nearest weights of $bits bits, a scale for each output channel."""
    scale = tf.reduce_max(tf.abs(weight), axes, keepdims=True) / $highest
    return scale * tf.round(tf.math.divide_no_nan(weight, scale))
'''
_TERNARY_GRID = '''\
def on_grid(weight, axes):
    """-s, 0 or s for each output channel (Li et al. 2016)."""
    size = tf.abs(weight)
    limit = 0.7 * mean_where(size, tf.cast(size > 0, tf.float32), axes)
    above = tf.cast(size > limit, tf.float32)
    return mean_where(size, above, axes) * tf.sign(weight) * above


def mean_where(values, chosen, axes):
    total = tf.reduce_sum(values * chosen, axes, keepdims=True)
    return tf.math.divide_no_nan(total, tf.reduce_sum(chosen, axes, keepdims=True))
'''
_CONVERT = '''\
def convert(model, images):
    """The network as a .tflite file."""
$before    converter = tf.lite.TFLiteConverter.from_keras_model($network)
$settings    $leave
'''
_IN_FLOAT32 = '''

def in_float32(model):
    """The network with its weights, which are float32, computing in float32 as well."""
    copy = network(model.input_shape[1:], model.output_shape[-1], precision="float32")
    copy.set_weights(model.get_weights())
    return copy
'''
_SETTINGS = {
    32: "",
    16: """\
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
""",
    8: "    converter.optimizations = [tf.lite.Optimize.DEFAULT]\n",
}
_FULL_INTEGERS = """\
    sample = np.sort(np.random.default_rng(SEED).permutation(len(images))[:200])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: (
        [row[None].astype(np.float32)] for row in images[sample]
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    if images.dtype == np.uint8:
        converter.inference_input_type = converter.inference_output_type = tf.uint8
"""
_NEAREST = '''

def nearest(weight):
    """The weights of 4 bits that are nearest: for each output channel the scale of least error."""
    axes = tuple(channel_axes(weight))
    exact = weight.numpy()
    largest_scale = np.abs(exact).max(axis=axes, keepdims=True) / 7
    best, least = np.zeros_like(exact), np.full(largest_scale.shape, np.inf)
    for ratio in np.linspace(0.3, 1.0, 57, dtype=np.float32):
        scale = np.maximum(ratio * largest_scale, np.finfo(np.float32).tiny)
        tried = scale * np.clip(np.rint(exact / scale), -7, 7)
        error = np.square(exact - tried).sum(axis=axes, keepdims=True)
        best, least = np.where(error < least, tried, best), np.minimum(error, least)
    return best
'''


def rules(pruning: PruneSettings, aware: AwareSettings, *, own_network: bool) -> list[str]:
    """The classes that act around each step of a fine-tuning; [] where there is none."""
    found = []
    if pruning.asked and pruning.pruning_structure == "2:4":
        found.append(_TWO_OF_FOUR)
    elif pruning.asked:
        schedule = _CONSTANT if pruning.pruning_schedule == "constant" else _POLYNOMIAL
        text = _PRUNING.replace("$schedule", schedule)
        found.append(
            Template(text).substitute(begin=pruning.pruning_begin, end=pruning.pruning_end)
        )
    if aware.asked:
        # Of layers that are not pruned, a weight that happens to be zero may leave it.
        masks, pruned = "1.0", ""
        if pruning.asked:
            pruned = "        pruned = {id(w) for w in Pruning(model, 1).weights}\n"
            masks = "np.float32(w.numpy() != 0) if id(w) in pruned else 1.0"
        grid = _TERNARY_GRID
        if aware.bits > 2:
            highest = 2 ** (aware.bits - 1) - 1
            grid = Template(_INTEGER_GRID).substitute(bits=aware.bits, highest=highest)
        found.append(Template(_ON_GRID).substitute(masks=masks, pruned=pruned) + grid)
    return found


def conversion(quantize: QuantizeSettings, aware: AwareSettings, precision: str) -> str:
    """The functions that make the file."""
    narrow = precision != "float32"
    rounded = quantize.bits == 4 and not aware.asked
    before = """\
    exact = model.get_weights()
    for weight in kernels(model):
        weight.assign(nearest(weight))
"""
    after = "file = converter.convert()\n    model.set_weights(exact)\n    return file"
    stored = {4: 8, 2: 16}.get(quantize.bits, quantize.bits)
    text = Template(_CONVERT).substitute(
        before=before if rounded else "",
        network="in_float32(model)" if narrow else "model",
        settings=_FULL_INTEGERS if quantize.activations == "int8" else _SETTINGS[stored],
        leave=after if rounded else "return converter.convert()",
    )
    return text + (_IN_FLOAT32 if narrow else "") + (_NEAREST if rounded else "")
