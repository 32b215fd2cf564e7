"""The chain of every bundled network: train, decay, prune, qat, convert, quantize, evaluate.

Each stage reads the folder of the one before and writes its own, so that a stage may come from
another trial. Stages without anything to do are skipped, and cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from paretune.data.dataset import load_once
from paretune.trainables import Context, Params, Stage, Trainable
from paretune.trainables.checkpoint import MODEL, Checkpoint, inputs_of
from paretune.trainables.keras.convert import calibration_sample, to_float_file, to_integer_file
from paretune.trainables.keras.framework import configure
from paretune.trainables.keras.network import Architecture, Model, build, kernels, rebuild
from paretune.trainables.keras.pruning import PruningRule, masks_of, prunable
from paretune.trainables.keras.qat import QuantizationRule
from paretune.trainables.keras.save_network import network_formats
from paretune.trainables.keras.training import FitPlan, TrainingProgress, fit
from paretune.trainables.keras.warming import warm_up
from paretune.trainables.keras.weight_rule import PlainWeights, WeightRule
from paretune.trainables.settings import (
    AwareSettings,
    DecaySettings,
    PruneSettings,
    QuantizeSettings,
    TrainSettings,
)
from paretune.trainables.tflite.file_stages import evaluate_file, quantize_file
from paretune.trainables.trial_data import dataset

_TYPICAL_EPOCHS = 10  # of a training whose states do not depend on how long it goes on


def chain(name: str, architecture: Architecture) -> Trainable:
    """A trainable for networks of this architecture."""
    stages = _Stages(architecture)
    later = {
        *DecaySettings.names(),
        *PruneSettings.names(),
        *AwareSettings.names(),
        *QuantizeSettings.names(),
    }
    trained = architecture.params and tuple(
        dict.fromkeys((*TrainSettings.names(), *architecture.params))
    )
    return Trainable(
        name,
        (
            Stage(
                "train",
                stages.train,
                trained,
                hides=tuple(sorted(later.difference(TrainSettings.names()))),
                prefix="epochs" if architecture.repeatable else None,
                prefix_exact=_goes_on,
            ),
            Stage("decay", stages.decay, DecaySettings.names(), _asked(DecaySettings)),
            Stage("prune", stages.prune, PruneSettings.names(), _asked(PruneSettings)),
            Stage("qat", stages.qat, AwareSettings.names(), _asked(AwareSettings)),
            Stage("convert", stages.convert, (), _by_way_of_float, device=False),
            Stage(
                "quantize",
                stages.quantize,
                QuantizeSettings.names(),
                _asked(QuantizeSettings),
                device=False,
            ),
            Stage("evaluate", evaluate_file, (), stored=False, device=False),
        ),
        prepare=stages.prepare,
        warm_up=warm_up,
        formats=network_formats(architecture),
    )


def _goes_on(params: Params) -> bool:
    """A constant rate does not know how long the training will be; a cosine's every step does."""
    return TrainSettings.parse(params).schedule in ("constant", "wsd")


def _asked(
    settings: type[DecaySettings | PruneSettings | AwareSettings | QuantizeSettings],
) -> Callable[[Params], bool]:
    return lambda params: settings.parse(params).asked


def _by_way_of_float(params: Params) -> bool:
    """The converter makes full integers from the network itself, not from the float32 file."""
    return QuantizeSettings.parse(params).activations == "float"


class _FineTuning:
    """The network that the stage before has left, and more training of it."""

    def __init__(self, architecture: Architecture, context: Context, stage: str) -> None:
        inputs = inputs_of(context.inputs, stage)
        self.checkpoint = Checkpoint.load_record(inputs)
        self.weights = Checkpoint.load_weights(inputs)
        self.settings = TrainSettings.parse(self.checkpoint.params)
        self._context = context
        self._stage = stage
        self._repeatable = architecture.repeatable
        with context.phase("setup"):
            self.session = configure(context, self.settings.strategy)
            self.model = rebuild(
                architecture,
                self.checkpoint,
                self.weights,
                session=self.session,
                seed=context.seed,
                stage=stage,
                scratch=context.scratch,
            )

    def fit(
        self,
        rule: WeightRule,
        epochs: int,
        schedule: str = "cosine",
        start: TrainingProgress | None = None,
    ) -> int:
        """Train for so many epochs. Returns all epochs so far."""
        settings = replace(self.settings, schedule=schedule, warmup=0.0)
        plan = FitPlan(
            settings,
            epochs=epochs,
            first_epoch=self.checkpoint.epochs + 1,
            seed=self._context.seed,
            stage=self._stage,
            judged_epochs=epochs,
        )
        fit(
            self.model,
            dataset(self._context, self.settings.data_fraction),
            plan,
            session=self.session,
            context=self._context,
            rule=rule,
            repeatable=self._repeatable,
            start=start,
        )
        return self.checkpoint.epochs + epochs


class _Stages:
    def __init__(self, architecture: Architecture) -> None:
        self._architecture = architecture

    def prepare(self, table: Mapping[str, Any]) -> str:
        data = load_once(table)
        self._architecture.accepts(data)
        return data.fingerprint

    def train(self, params: Params, context: Context) -> Mapping[str, float]:
        settings = TrainSettings.parse(params)
        data = dataset(context, settings.data_fraction)
        with context.phase("setup"):
            session = configure(context, settings.strategy)
            model = build(self._architecture, data, params, session, context.seed, context.scratch)
        goes_on = self._architecture.repeatable and _goes_on(params)

        def save(progress: TrainingProgress, folder: Path) -> None:
            Checkpoint(
                {**params, "epochs": progress.epochs},
                data.input_shape,
                data.classes,
                progress.epochs,
            ).save(folder, model.get_weights(), progress.optimizer if goes_on else None)

        metrics = {"parameters": float(model.count_params())}
        start = None
        if goes_on and context.resumed is not None:
            epochs, folder = context.resumed
            model.set_weights(Checkpoint.load_weights(folder))
            start = TrainingProgress(epochs, tuple(Checkpoint.load_optimizer(folder)))
        ended = fit(
            model,
            data,
            FitPlan(
                settings,
                epochs=settings.epochs,
                first_epoch=1,
                seed=context.seed,
                stage="train",
                judged_epochs=_TYPICAL_EPOCHS if goes_on else settings.epochs,
            ),
            session=session,
            context=context,
            rule=PlainWeights(),
            repeatable=self._architecture.repeatable,
            start=start,
            each=lambda progress: context.checkpoint(
                progress.epochs, lambda folder: save(progress, folder), metrics
            ),
        )
        save(ended, context.output)
        return metrics

    def decay(self, params: Params, context: Context) -> None:
        settings = DecaySettings.parse(params)
        tuned = _FineTuning(self._architecture, context, "decay")
        start = None
        if self._architecture.repeatable:  # its optimizer goes on, too
            inputs = inputs_of(context.inputs, "decay")
            start = TrainingProgress(0, tuple(Checkpoint.load_optimizer(inputs)))
        epochs = tuned.fit(
            PlainWeights(), settings.duration(tuned.settings.epochs), schedule="decay", start=start
        )
        replace(tuned.checkpoint, epochs=epochs).save(context.output, tuned.model.get_weights())

    def prune(self, params: Params, context: Context) -> None:
        settings = PruneSettings.parse(params)
        tuned = _FineTuning(self._architecture, context, "prune")
        chosen = prunable(kernels(tuned.model), settings)
        rule = PruningRule(tuned.model, chosen, settings, tuned.session)
        epochs = tuned.fit(rule, settings.duration(tuned.settings.epochs))
        replace(tuned.checkpoint, epochs=epochs, pruned=tuple(chosen), zeros=rule.zeros()).save(
            context.output, tuned.model.get_weights()
        )

    def qat(self, params: Params, context: Context) -> None:
        settings = AwareSettings.parse(params)
        tuned = _FineTuning(self._architecture, context, "qat")
        rule = QuantizationRule(
            tuned.model,
            {kernel.index: kernel.channel_axes for kernel in kernels(tuned.model)},
            settings.bits,
            masks_of(tuned.weights, tuned.checkpoint.pruned),
            tuned.session,
        )
        epochs = tuned.fit(rule, settings.duration(tuned.settings.epochs))
        rule.settle()
        replace(tuned.checkpoint, epochs=epochs, grid_bits=settings.bits).save(
            context.output, tuned.model.get_weights()
        )

    def convert(self, params: Params, context: Context) -> None:
        checkpoint, model = self._trained(context, "convert")
        (context.output / MODEL).write_bytes(to_float_file(model))
        checkpoint.save_record(context.output)

    def quantize(self, params: Params, context: Context) -> None:
        settings = QuantizeSettings.parse(params)
        if settings.activations == "float":
            quantize_file(params, context)
            return
        checkpoint, model = self._trained(context, "convert")
        images = calibration_sample(dataset(context).train.images, context.seed)
        (context.output / MODEL).write_bytes(to_integer_file(model, images))
        replace(checkpoint, bits=settings.bits).save_record(context.output)

    def _trained(self, context: Context, stage: str) -> tuple[Checkpoint, Model]:
        inputs = inputs_of(context.inputs, stage)
        checkpoint = Checkpoint.load_record(inputs)
        model = rebuild(
            self._architecture,
            checkpoint,
            Checkpoint.load_weights(inputs),
            session=configure(context),
            seed=context.seed,
            stage=stage,
            scratch=context.scratch,
        )
        return checkpoint, model
