"""The loop's dealings with the stopper: what it is told of a trial, what of its verdict is kept.

A trial's curve is what it reported after each epoch of its training (`epochs` of them, so only a
trainable with such a parameter is ever stopped), and at its end what came of it: the file's own
accuracy, after whatever fine-tuning. Costs and sizes are not read off curves: the cost models know
them better (paretune.trial.prediction).
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.trial import FrozenTrial

from paretune.predict.features import EPOCHS
from paretune.predict.running_cost import RunningCost
from paretune.samplers import Reading, SharesModel, Surrogates, unwrapped
from paretune.spec.study_spec import StudySpec
from paretune.stoppers import Curve, Stopper, StudyView, TrialProgress, Verdict
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.stored_trials import records
from paretune.study.stored_trials.packed import pack_curve, unpack_curve
from paretune.trial.configuration import Configuration
from paretune.trial.outcome import Outcome, Status
from paretune.trial.prediction import Basis, Estimate, Prediction

# A training of more epochs (steps, say) is judged and remembered at so many points of it.
MOST_POINTS = 1000


class Stopping:
    """Of one driver of a study."""

    def __init__(
        self,
        stored: StoredStudy,
        spec: StudySpec,
        stopper: Stopper,
        reading: Reading,
        devices: int,
    ) -> None:
        self.stored = stored
        self.spec = spec
        self.objectives = spec.objectives
        sampler = unwrapped(stored.sampler)
        if isinstance(sampler, SharesModel):
            surrogates = sampler.surrogates
        else:
            surrogates = Surrogates(reading, spec.space.distributions(devices))
        self.stopper = stopper
        self.view = StudyView(
            study=stored.study,
            objectives=self.objectives.names,
            surrogates=surrogates,
            curve=self._completed_curve,
            bounds=self.objectives.greatest_losses,
        )
        self.curves: dict[int, dict[int, Mapping[str, float]]] = {}  # by trial and epoch
        self.verdicts: dict[int, tuple[Verdict, Estimate | None]] = {}

    def before(self, configuration: Configuration, prediction: Prediction) -> Verdict | None:
        """Why a trial should not even begin; None if it should."""
        progress = TrialProgress(
            params=configuration.params,
            curve=(),
            costs=(0.0,),
            epochs=1,
            known=self._known(prediction),
            whole=_log(prediction.figures.get(records.SPENT)),
        )
        return self._ask(progress) if progress.whole else None

    def observe(self, number: int, epoch: int, metrics: Mapping[str, float]) -> None:
        """Take in what a running trial has reported."""
        named = {name: metrics[name] for name in self.objectives.names if name in metrics}
        self.curves.setdefault(number, {})[epoch] = named

    def judge(self, number: int, epoch: int, cost: RunningCost, left: float) -> Verdict | None:
        """The verdict on a trial that has just reported an epoch; None to let it run.

        `left` is what the budget has for it yet, in GPU-seconds.
        """
        epochs = cost.params.get(EPOCHS)
        if number in self.verdicts or not isinstance(epochs, int) or epoch > epochs:
            return None
        whole = cost.total()
        if whole is None or cost.predicted.basis is Basis.GUESSED:
            return None
        progress = TrialProgress(
            params=cost.params,
            curve=filled(self.curves[number], epoch, epochs),
            costs=(cost.spent,),
            epochs=min(epochs, MOST_POINTS) + 1,  # and then what is made of the training
            limit=cost.spent + left,
            known=self._known(cost.predicted),
            whole=_log(whole),
        )
        verdict = self._ask(progress)
        if verdict is not None:
            self.verdicts[number] = (verdict, whole)
        return verdict

    def note(self, trial: optuna.Trial, outcome: Outcome, configuration: Configuration) -> None:
        """Keep with an ended trial, before it is told, what the next verdicts rest on."""
        curve = self.curves.pop(trial.number, {})
        verdict, whole = self.verdicts.pop(trial.number, (None, None))
        epochs = configuration.epochs
        if outcome.status is Status.COMPLETED and epochs is not None and epochs in curve:
            kept = filled(curve, epochs, epochs)
            self.stored.mark(trial, {records.CURVE: pack_curve(kept)})
        if outcome.status is Status.STOPPED and verdict is not None:
            self.note_verdict(trial, verdict, whole, outcome.spent.gpu_seconds)

    def note_verdict(
        self, trial: optuna.Trial, verdict: Verdict, whole: Estimate | None, spent: float
    ) -> None:
        """Where a trial was heading, and the GPU-seconds that ending it there has saved."""
        seen = verdict.forecast
        heading = {"mean": list(seen.mean), "deviation": list(seen.deviation)}
        marks: dict[str, Any] = {records.FORECAST: heading}
        if whole is not None:
            ends = {"low": whole.low, "median": whole.median, "high": whole.high}
            saved = {name: max(end - spent, 0.0) for name, end in ends.items()}
            marks[records.SAVED] = saved
        self.stored.mark(trial, marks)

    def _ask(self, progress: TrialProgress) -> Verdict | None:
        return self.stored.retry(lambda: self.stopper.should_stop(self.view, progress))

    def _completed_curve(self, trial: FrozenTrial) -> tuple[Curve, Sequence[float]] | None:
        stored = trial.user_attrs.get(records.CURVE)
        if stored is None or trial.values is None:
            return None
        end = dict(zip(self.objectives.names, trial.values, strict=True))
        return [*unpack_curve(stored), end], ()

    def _known(self, prediction: Prediction) -> dict[str, tuple[float, float]]:
        """What the cost models say of the objectives, as losses: log10."""
        found = {}
        for name, log in zip(self.objectives.names, self.objectives.logarithmic, strict=True):
            estimate = prediction.figures.get(name)
            if log and estimate is not None and prediction.basis is Basis.LEARNED:
                scale = math.log(10)
                deviation = max(estimate.log_deviation, 1e-3)  # nothing is known to the last digit
                found[name] = (estimate.log_mean / scale, deviation / scale)
        return found


def filled(
    curve: Mapping[int, Mapping[str, float]], epoch: int, epochs: int
) -> list[Mapping[str, float]]:
    """The curve up to `epoch`, epoch by epoch; of more than MOST_POINTS `epochs` at as many points.

    Epochs without a report are as the one before; those before a training went on as the first.
    """
    points = min(epochs, MOST_POINTS)
    reported = sorted(curve)
    found = []
    for i in range(1, max(epoch * points // epochs, 1) + 1):
        before = bisect.bisect_right(reported, i * epochs // points)
        found.append(curve[reported[max(before - 1, 0)]])
    return found


def _log(estimate: Estimate | None) -> tuple[float, float] | None:
    return None if estimate is None else (estimate.log_mean, estimate.log_deviation)
