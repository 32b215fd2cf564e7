"""The training loop: one traced step, fed with plain arrays.

Keras' `fit` waits for its input pipeline's tuner, traces more, and hides the step from pruning
and quantization-aware rules; a loop over NumPy batches costs what the step costs. The step runs
once per replica on its share of the batch; rules act around it, on whole variables, so they do not
have to know about replicas.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from paretune.errors import TrainableError
from paretune.trainables import Context, Diverged
from paretune.trainables.data.dataset import Dataset, Split
from paretune.trainables.keras.framework import TrainingSession, tf, tf_keras
from paretune.trainables.keras.network import Model, gives_probabilities
from paretune.trainables.schedule import learning_rate
from paretune.trainables.settings import TrainSettings

_LOSS_CHECK_STEPS = 50  # a diverged trial is ended after so many steps; each look waits for a GPU


@dataclass(frozen=True)
class FitPlan:
    """How long and with which settings; what else is needed to make it repeatable."""

    settings: TrainSettings
    epochs: int
    first_epoch: int  # as reported, 1-based: fine-tuning continues the count
    seed: int


@dataclass(frozen=True)
class TrainingProgress:
    """How far a training has come; with the network's weights, all that the next epoch needs."""

    epochs: int
    optimizer: tuple[np.ndarray, ...]  # its variables: step count, moments


class WeightRule(Protocol):
    """What happens to the weights around each step. `enter` and `leave` are traced."""

    def begin(self, steps: int) -> None:
        """Before the first of `steps` steps. Variables are made here."""
        ...

    def before(self, step: int) -> None:
        """Before step `step` (0-based), in Python."""
        ...

    def enter(self) -> Any:
        """Before the gradient; returns what `leave` needs."""
        ...

    def leave(self, token: Any) -> None:
        """After the update."""
        ...


class PlainWeights:
    """Nothing but training: adds no operation to the step."""

    def begin(self, steps: int) -> None:
        pass

    def before(self, step: int) -> None:
        pass

    def enter(self) -> None:
        return None

    def leave(self, token: None) -> None:
        pass


def fit(
    model: Model,
    data: Dataset,
    plan: FitPlan,
    *,
    session: TrainingSession,
    context: Context,
    rule: WeightRule,
    rehearse: bool,
    start: TrainingProgress | None = None,
    each: Callable[[TrainingProgress], None] = lambda progress: None,
) -> TrainingProgress:
    """Train `model` in place and report every epoch; `each` is told of all but the last.

    `start` is how far the network that is given has come already. `rehearse` keeps the graph's
    first run out of the measured training; not for networks that draw random numbers. Raises
    Diverged when the loss is no longer finite, TrainableError for an impossible batch.
    """
    settings = plan.settings
    share = _share(settings, session, len(data.train))
    batch = share * session.replicas
    per_epoch = len(data.train) // batch
    steps = per_epoch * plan.epochs
    # Tracing is paid once a process, however long it trains: a phase of its own.
    with context.phase("setup"):
        with session.scope():
            optimizer = _optimizer(settings)
            optimizer._create_all_weights(model.trainable_variables)
            if start is not None:
                optimizer.set_weights(start.optimizer)
        rule.begin(steps)
        step = _traced_step(model, optimizer, data.train, share, session=session, rule=rule)
        scorer = Scorer(model, batch)
        if rehearse:
            _rehearse(step, data.train, batch, [*model.variables, *optimizer.weights])
    for epoch in range(start.epochs if start else 0, plan.epochs):
        # By epoch, so that the order does not depend on what ran before in this process.
        order = np.random.default_rng((plan.seed, plan.first_epoch + epoch)).permutation(
            len(data.train)
        )
        losses: list[Any] = []
        checked = 0
        for index in range(per_epoch):
            number = epoch * per_epoch + index
            rule.before(number)
            if settings.schedule != "constant":
                # The stable part of "wsd" does not know how long it will be.
                span = per_epoch if settings.schedule == "wsd" else steps
                optimizer.learning_rate = _rate(settings, number, span)
            losses.append(step(data.train, order[index * batch : (index + 1) * batch]))
            if len(losses) - checked >= _LOSS_CHECK_STEPS or index == per_epoch - 1:
                checked = _check_losses(losses, checked, plan.first_epoch + epoch)
        loss = float(np.mean([float(value) for value in losses]))
        with context.phase("evaluate"), session.scope():
            token = rule.enter()  # scored as it would be stored: pruned, on the grid
            accuracy = scorer.accuracy(data.validation)
            rule.leave(token)
        if epoch + 1 < plan.epochs:
            each(TrainingProgress(epoch + 1, _state(optimizer)))
        # Last: it raises if the trial is to end, and what it has come to is kept by then.
        context.report(plan.first_epoch + epoch, loss=loss, accuracy=accuracy)
    return TrainingProgress(plan.epochs, _state(optimizer))


class Scorer:
    """Scores a network as it stands, in batches of the training's size: it needs less memory."""

    def __init__(self, model: Model, batch: int) -> None:
        self._batch = batch
        self._classes = tf.function(
            lambda images: tf.argmax(
                model(tf.cast(images, tf.float32), training=False), axis=-1, output_type=tf.int32
            ),
            autograph=False,
            reduce_retracing=True,
        )

    def accuracy(self, split: Split) -> float:
        hits = 0
        for start in range(0, len(split), self._batch):
            chosen = slice(start, start + self._batch)
            found = self._classes(tf.constant(split.images[chosen])).numpy()
            hits += int((found == split.labels[chosen]).sum())
        return hits / len(split)


def _traced_step(
    model: Model,
    optimizer: Any,
    train: Split,
    share: int,
    *,
    session: TrainingSession,
    rule: WeightRule,
) -> Any:
    """`step(split, indices) -> loss`: one update from these images."""
    variables = model.trainable_variables
    from_logits = not gives_probabilities(model)
    specs = [
        tf.TensorSpec((share, *train.images.shape[1:]), train.images.dtype),
        tf.TensorSpec((share,), tf.int32),
    ]

    def replica(images: Any, labels: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            outputs = model(tf.cast(images, tf.float32), training=True)
            # Keras finds a softmax's logits by itself, and takes the stable way from there.
            loss = tf.reduce_mean(
                tf_keras.losses.sparse_categorical_crossentropy(
                    labels, outputs, from_logits=from_logits
                )
            )
            if model.losses:
                loss += tf.add_n(model.losses)
            scaled = loss / session.replicas  # the optimizer sums gradients over the replicas
        optimizer.apply_gradients(zip(tape.gradient(scaled, variables), variables, strict=True))
        return loss

    if session.strategy is None:

        @tf.function(autograph=False, input_signature=specs)  # type: ignore[untyped-decorator]
        def alone(images: Any, labels: Any) -> Any:
            token = rule.enter()
            loss = replica(images, labels)
            rule.leave(token)
            return loss

        alone.get_concrete_function()
        return lambda split, indices: alone(
            tf.constant(split.images[indices]), tf.constant(split.labels[indices])
        )

    strategy = session.strategy

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def together(images: Any, labels: Any) -> Any:
        token = rule.enter()
        loss = strategy.run(replica, args=(images, labels))
        rule.leave(token)
        return strategy.reduce(tf.distribute.ReduceOp.MEAN, loss, axis=None)

    def distribute(values: np.ndarray) -> Any:
        def part(replica_context: Any) -> Any:
            index = replica_context.replica_id_in_sync_group
            return tf.constant(values[index * share : (index + 1) * share])

        return strategy.experimental_distribute_values_from_function(part)

    return lambda split, indices: together(
        distribute(split.images[indices]), distribute(split.labels[indices])
    )


def _rehearse(step: Any, train: Split, batch: int, variables: list[Any]) -> None:
    """Run the step once and undo it: TensorFlow optimises a graph when it first runs it, and the
    measured training should not depend on whether it does so here or went on from elsewhere.
    """
    before = [variable.numpy() for variable in variables]
    step(train, np.arange(batch))
    for variable, value in zip(variables, before, strict=True):
        variable.assign(value)


def _share(settings: TrainSettings, session: TrainingSession, images: int) -> int:
    """Images per replica and step: a batch larger than the data is all of the data."""
    share = min(settings.batch_size, images) // session.replicas
    if share < 1:
        raise TrainableError(
            f"batch_size is {settings.batch_size} on {session.replicas} devices with {images} "
            "training images: every device needs at least one"
        )
    return share


def _optimizer(settings: TrainSettings) -> Any:
    """The same updates as the newer classes, in one operation a variable instead of fifteen."""
    legacy = tf_keras.optimizers.legacy
    if settings.optimizer == "sgd":
        return legacy.SGD(settings.learning_rate, momentum=settings.momentum)
    return legacy.Adam(settings.learning_rate)


def _state(optimizer: Any) -> tuple[np.ndarray, ...]:
    return tuple(optimizer.get_weights())


def _rate(settings: TrainSettings, step: int, steps: int) -> float:
    return learning_rate(
        step,
        steps,
        peak=settings.learning_rate,
        schedule=settings.schedule,
        warmup=settings.warmup,
    )


def _check_losses(losses: list[Any], checked: int, epoch: int) -> int:
    for index in range(checked, len(losses)):
        value = float(losses[index])
        if not math.isfinite(value):
            raise Diverged(f"loss is {value} at step {index + 1} of epoch {epoch}")
    return len(losses)
