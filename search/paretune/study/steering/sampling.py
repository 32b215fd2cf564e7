"""The study's sampler, told where our trials keep what they cost and where they were heading."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import optuna
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from paretune import samplers
from paretune.samplers import EarlierStudy, ExpectedLosses, Offer, Reading, ReadsCosts, unwrapped
from paretune.samplers.hidden_trials import HidingSampler
from paretune.spec.study_spec import StudySpec
from paretune.study.spending.affordable import Affordable
from paretune.study.steering.affordable_sampler import AffordableSampler
from paretune.study.stored_trials import records
from paretune.study.stored_trials.packed import packed_gpu_seconds
from paretune.trial.outcome import Status


def make_sampler(spec: StudySpec, sampler: BaseSampler | None = None) -> BaseSampler:
    """`sampler`, or the one that the study names, not yet told anything of the study.

    Raises SearchError where it cannot be had.
    """
    made = samplers.make(
        sampler or spec.sampler.name,
        spec.sampler.seed,
        hidden=_is_sibling if spec.siblings else None,
        folder=spec.search_path or None,
    )
    return HidingSampler(made, _is_replicate) if spec.replicate.share > 0 else made


def steer_sampler(
    study: optuna.Study,
    reading: Reading,
    affordable: Affordable,
    *,
    limit: Callable[[], float],
    earlier_studies: Sequence[EarlierStudy] = (),
) -> None:
    """Tell a study's sampler what it may know, and keep it to what the budget still buys.

    `limit`: GPU-seconds that the next trial may take.
    """
    inner = unwrapped(study.sampler)
    if isinstance(inner, ReadsCosts):
        inner.bind(
            reading,
            limit=lambda _study: limit(),
            space=affordable.spec.space.distributions(affordable.devices),
            earlier_studies=earlier_studies,
        )
    study.sampler = AffordableSampler(study.sampler, affordable)


def reading_of(
    spec: StudySpec,
    *,
    expected_cost: Callable[[Mapping[str, Any]], float | None] = lambda sampled: None,
    fits: Callable[[Mapping[str, Any]], bool] = lambda sampled: True,
    offers: Callable[[optuna.Study], Sequence[Offer]] = lambda study: (),
) -> Reading:
    """How the trials of a study of ours are read."""
    return Reading(
        cost=_alone,
        conclusive=_conclusive,
        forecast=_forecast,
        logarithmic=spec.objectives.logarithmic,
        expected_cost=expected_cost,
        fits=fits,
        offers=offers,
    )


def _is_replicate(trial: FrozenTrial) -> bool:
    # The same configuration once more is no second configuration.
    return records.REPLICATE_OF in trial.user_attrs


def _is_sibling(trial: FrozenTrial) -> bool:
    return records.SIBLING_OF in trial.user_attrs


def _alone(trial: FrozenTrial) -> float | None:
    """GPU-seconds that the trial would have paid had it shared nothing; None until it ends."""
    stored = trial.user_attrs.get(records.OUTCOME)
    if stored is None:
        return trial.user_attrs.get(records.SPENT)
    # Read off the record as it is: every suggestion asks this of every trial.
    spent = packed_gpu_seconds(stored)
    # One that was stopped has paid for a part; one that was never started, for nothing.
    saved = trial.user_attrs.get(records.SAVED) if trial.state == TrialState.PRUNED else None
    return spent + (saved["median"] if saved is not None else 0.0)


def _conclusive(trial: FrozenTrial) -> bool:
    # What is skipped for another reason than the budget is told as pruned.
    inconclusive = (Status.INTERRUPTED, Status.SKIPPED)
    return not (
        trial.state == TrialState.FAIL and trial.user_attrs.get(records.STATUS) in inconclusive
    )


def _forecast(trial: FrozenTrial) -> ExpectedLosses | None:
    told = trial.user_attrs.get(records.FORECAST)
    return None if told is None else ExpectedLosses(tuple(told["mean"]), tuple(told["deviation"]))
