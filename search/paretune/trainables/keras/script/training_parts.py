"""What `train.py` trains with: the data, the learning rates, the steps."""

from __future__ import annotations

from paretune.trainables import Params
from paretune.trainables.settings import (
    AwareSettings,
    DecaySettings,
    PruneSettings,
    TrainSettings,
)

LOADING = '''\
def load(path):
    """{"train": (images, labels), ...} of a .npz file with x_train, y_train, x_test, ..."""
    if not path.is_file():
        raise SystemExit(f"{path} is not there: give --data a .npz file with x_train, y_train, "
                         "x_validation, y_validation, x_test, y_test "
                         "(`paretune export --with-data` writes it)")
    with np.load(path) as arrays:
        parts = {
            name.removeprefix("x_"): (arrays[name], arrays["y_" + name.removeprefix("x_")])
            for name in arrays.files
            if name.startswith("x_")
        }
    for name, (images, labels) in parts.items():
        images = images[..., None] if images.ndim == 3 else images
        parts[name] = images, labels.ravel().astype(np.int32)
    return parts
'''
FILE_ACCURACY = '''\
def file_accuracy(file, images, labels):
    """What the .tflite file scores, as it is deployed."""
    model = tf.lite.Interpreter(model_content=file)
    source, target = model.get_input_details()[0], model.get_output_details()[0]
    hits = 0
    for start in range(0, len(labels), 200):
        batch = images[start : start + 200]
        model.resize_tensor_input(source["index"], batch.shape)
        model.allocate_tensors()
        model.set_tensor(source["index"], batch.astype(source["dtype"]))
        model.invoke()
        found = model.get_tensor(target["index"]).argmax(axis=1)
        hits += int((found == labels[start : start + 200]).sum())
    return hits / len(labels)
'''
_FIT = '''\
def fit(model, images, labels, optimizer, rates, first_epoch, rule=None):
    """A step for every rate; a rule changes the weights before and after each."""
    batch = min(BATCH, len(images))
    per_epoch = len(images) // batch
    crossentropy = tf_keras.losses.sparse_categorical_crossentropy
$from_logits
    @tf.function
    def update(x, y):
        with tf.GradientTape() as tape:
            outputs = tf.cast(model(tf.cast(x, tf.float32), training=True), tf.float32)
            losses = crossentropy(y, outputs$logits)
            loss = tf.reduce_mean(losses) + sum(model.losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return loss

    losses = []
    for step, rate in enumerate(rates):
        epoch, position = divmod(step, per_epoch)
        if position == 0:
            order = np.random.default_rng((SEED, first_epoch + epoch)).permutation(len(images))
        rows = order[position * batch : (position + 1) * batch]
        optimizer.learning_rate = rate
        if rule:
            rule.before(step)
        losses.append(float(update(tf.constant(images[rows]), tf.constant(labels[rows]))))
        if rule:
            rule.after()
        if position == per_epoch - 1:
            print(f"epoch {first_epoch + epoch}: loss {np.mean(losses[-per_epoch:]):.4f}")
'''
_SOFTMAX = """\
    last = model.layers[-1]
    softmax = isinstance(last, tf_keras.layers.Softmax) or (
        getattr(last, "activation", None) is tf_keras.activations.softmax
    )

"""
_RISING = '''\
def rising(steps):
    """Towards LEARNING_RATE, in equal steps."""
    return [LEARNING_RATE * (step + 1) / (steps + 1) for step in range(steps)]
'''
_COSINE = '''\
def cosine(steps):
    """From LEARNING_RATE down along half a cosine (Loshchilov & Hutter 2017)."""
    return [LEARNING_RATE * 0.5 * (1 + math.cos(math.pi * step / steps)) for step in range(steps)]
'''
_FALLING = '''\
def falling(steps):
    """From LEARNING_RATE down as 1 - sqrt (Haegele et al. 2024)."""
    return [LEARNING_RATE * (1 - math.sqrt((step + 1) / (steps + 1))) for step in range(steps)]
'''


def optimizer(settings: TrainSettings) -> str:
    """The expression that makes it."""
    legacy = "tf_keras.optimizers.legacy"
    if settings.optimizer == "sgd":
        return f"{legacy}.SGD(LEARNING_RATE, momentum={settings.momentum!r})"
    return f"{legacy}.Adam(LEARNING_RATE)"


def rates(settings: TrainSettings) -> str:
    """The expression for the learning rates of the training's steps."""
    if settings.schedule == "constant":
        return "[LEARNING_RATE] * (EPOCHS * per_epoch)"
    share = settings.warmup
    if settings.schedule == "cosine":
        if not share:
            return "cosine(EPOCHS * per_epoch)"
        return f"warmed_cosine(EPOCHS * per_epoch, {share!r})"
    return f"warmed(EPOCHS * per_epoch, {share!r} * per_epoch, per_epoch)"


_WARMED_COSINE = '''\
def warmed_cosine(steps, share):
    """Up over the first share of the steps, then down."""
    warm = min(round(share * steps), steps - 1)
    return rising(warm) + cosine(steps - warm)
'''
_WARMED = '''\
def warmed(steps, warm, per_epoch):
    """Up over the first steps, then LEARNING_RATE throughout."""
    warm = min(round(warm), per_epoch - 1)
    return rising(warm) + [LEARNING_RATE] * (steps - warm)
'''


def schedules(params: Params) -> str:
    """The functions that the expressions of `rates` and of the fine-tunings name."""
    train = TrainSettings.parse(params)
    tuned = PruneSettings.parse(params).asked or AwareSettings.parse(params).asked
    warm = train.schedule != "constant" and (train.warmup > 0 or train.schedule == "wsd")
    parts = [
        _RISING if warm else "",
        _COSINE if train.schedule == "cosine" or tuned else "",
        _WARMED_COSINE if warm and train.schedule == "cosine" else "",
        _WARMED if train.schedule == "wsd" else "",
        _FALLING if DecaySettings.parse(params).asked else "",
    ]
    return "\n\n".join(part for part in parts if part)


def fitting(*, own_network: bool) -> str:
    """The loop. The bundled network ends in a softmax; a user's may return logits."""
    text = _FIT.replace("$from_logits\n", _SOFTMAX if own_network else "\n")
    return text.replace("$logits", ", from_logits=not softmax" if own_network else "")
