"""The training loop: epochs of spans, each reported; steps are `spans`' business.

Keras' `fit` waits for its input pipeline's tuner, traces more, and hides the step from pruning
and quantization-aware rules; a loop of our own costs what the steps cost. Rules act around them, on
whole variables, so they do not have to know about replicas.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from paretune.data.dataset import Dataset
from paretune.data.split import Split
from paretune.errors import TrainableError
from paretune.trainables import Context, Diverged
from paretune.trainables.keras.compilation import can_be_compiled, is_worth_compiling
from paretune.trainables.keras.framework import TrainingSession, tf, tf_keras
from paretune.trainables.keras.network import Model
from paretune.trainables.keras.spans import Spans
from paretune.trainables.keras.weight_rule import WeightRule
from paretune.trainables.schedule import UNCHANGED, learning_rates
from paretune.trainables.settings import TrainSettings

_KEPT = "steps"  # in a process's scratch: those of a training, and of which network


@dataclass(frozen=True)
class FitPlan:
    """How long and with which settings; what else is needed to make it repeatable."""

    settings: TrainSettings
    epochs: int
    first_epoch: int  # as reported, 1-based: fine-tuning continues the count
    seed: int
    stage: str
    # By which it is decided whether to compile: not `epochs` where a longer training has to pass
    # through the very states of a shorter one.
    judged_epochs: int


@dataclass(frozen=True)
class TrainingProgress:
    """How far a training has come; with the network's weights, all that the next epoch needs."""

    epochs: int
    optimizer: tuple[np.ndarray, ...]  # its variables: step count, moments


def fit(
    model: Model,
    data: Dataset,
    plan: FitPlan,
    *,
    session: TrainingSession,
    context: Context,
    rule: WeightRule,
    repeatable: bool,
    start: TrainingProgress | None = None,
    each: Callable[[TrainingProgress], None] = lambda progress: None,
) -> TrainingProgress:
    """Train `model` in place and report every epoch; `each` is told of all but the last.

    `start` is how far the network that is given has come already. `repeatable`: the network draws
    no random numbers. Only then can the graph's first run be kept out of the measured training, by
    rehearsing a step, and XLA be used, whose random numbers differ from run to run. Raises Diverged
    when the loss is no longer finite, TrainableError for an impossible batch.
    """
    share = _share(plan.settings, session, len(data.train))
    batch = share * session.replicas
    per_epoch = len(data.train) // batch
    # Tracing is paid once a process, however long it trains: a phase of its own.
    with context.phase("setup"):
        rule_settings = rule.begin(per_epoch * plan.epochs)
        compiled = (
            repeatable
            and is_worth_compiling(session, per_epoch * plan.judged_epochs)
            and can_be_compiled(model)
        )
        context.note(**{f"{plan.stage}_compiled": compiled})
        steps = _kept_steps(context, model, plan, compiled)
        if steps is None:
            steps = _trace(model, data, plan, share, session, rule, compiled)
            if repeatable:
                _rehearse(steps.spans, batch, [*model.variables, *steps.optimizer.weights])
        if plan.settings.schedule == "wsd":  # a decay follows, in just such steps
            context.scratch[_KEPT] = model, compiled, steps
        optimizer, spans, scorer = steps.optimizer, steps.spans, steps.scorer
        if start is not None:
            with session.scope():
                optimizer.set_weights(start.optimizer)
    for epoch in range(start.epochs if start else 0, plan.epochs):
        order = _order(plan, epoch, len(data.train))[: per_epoch * batch]
        losses = spans.run(
            order.reshape(per_epoch, batch),
            _rates(plan, epoch, per_epoch),
            rule_settings[epoch * per_epoch : (epoch + 1) * per_epoch],
        )
        _check_losses(losses, plan.first_epoch + epoch)
        with context.phase("evaluate"), session.scope():
            # Scored as it would be stored: pruned, on the grid.
            token = rule.enter(tf.constant(UNCHANGED, tf.float64))
            accuracy = scorer.accuracy(data.validation)
            rule.leave(token)
        if epoch + 1 < plan.epochs:
            each(TrainingProgress(epoch + 1, _state(optimizer)))
        # Last: it raises if the trial is to end, and what it has come to is kept by then.
        loss = float(np.mean(losses, dtype=np.float64))
        context.report(plan.first_epoch + epoch, loss=loss, accuracy=accuracy)
    return TrainingProgress(plan.epochs, _state(optimizer))


@dataclass(frozen=True)
class _Steps:
    """What a training runs: traced, it serves a second training of the same network as well."""

    optimizer: Any
    spans: Spans
    scorer: Scorer


def _kept_steps(context: Context, model: Model, plan: FitPlan, compiled: bool) -> _Steps | None:
    """Those of a stable training, in this process and of this very network, for its decay."""
    kept_model, kept_compiled, steps = context.scratch.pop(_KEPT, (None, None, None))
    fits = plan.settings.schedule == "decay" and kept_model is model and kept_compiled == compiled
    return steps if fits else None


def _trace(
    model: Model,
    data: Dataset,
    plan: FitPlan,
    share: int,
    session: TrainingSession,
    rule: WeightRule,
    compiled: bool,
) -> _Steps:
    with session.scope():
        optimizer = _optimizer(plan.settings)
        optimizer._create_all_weights(model.trainable_variables)
    spans = Spans(
        model,
        optimizer,
        data.train,
        share,
        session=session,
        rule=rule,
        changing_rate=plan.settings.schedule != "constant",
        compiled=compiled,
    )
    return _Steps(optimizer, spans, Scorer(model, share * session.replicas))


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


def _rehearse(spans: Spans, batch: int, variables: list[Any]) -> None:
    """Run a step and undo it: TensorFlow optimises a graph when it first runs it, and the measured
    training should not depend on whether it does so here or went on from elsewhere.
    """
    before = [variable.numpy() for variable in variables]
    spans.run(np.arange(batch)[None], np.zeros(1, np.float32), np.full(1, UNCHANGED))
    for variable, value in zip(variables, before, strict=True):
        variable.assign(value)


def _order(plan: FitPlan, epoch: int, images: int) -> np.ndarray:
    """Of the images in this epoch: by its number, whatever ran before in this process."""
    return np.random.default_rng((plan.seed, plan.first_epoch + epoch)).permutation(images)


def _rates(plan: FitPlan, epoch: int, per_epoch: int) -> np.ndarray:
    """The learning rates of this epoch's steps."""
    settings = plan.settings
    # The stable part of "wsd" does not know how long it will be.
    steps = per_epoch if settings.schedule == "wsd" else per_epoch * plan.epochs
    return learning_rates(
        epoch * per_epoch,
        (epoch + 1) * per_epoch,
        steps,
        peak=settings.learning_rate,
        schedule=settings.schedule,
        warmup=settings.warmup,
    )


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


def _check_losses(losses: np.ndarray, epoch: int) -> None:
    if not math.isfinite(losses[-1]):
        raise Diverged(f"loss is {losses[-1]} at step {len(losses)} of epoch {epoch}")
