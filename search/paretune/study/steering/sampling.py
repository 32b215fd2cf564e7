"""The study's sampler, told where our trials keep what they cost and where they were heading."""

from __future__ import annotations

from collections.abc import Sequence

from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from paretune import samplers
from paretune.samplers import EarlierStudy, ExpectedLosses, Reading
from paretune.spec.study_spec import StudySpec
from paretune.study.sharing.offers import Offers
from paretune.study.storage import records
from paretune.study.storage.packed import packed_gpu_seconds
from paretune.trial.outcome import Status


def make_sampler(
    spec: StudySpec,
    devices: int,
    offers: Offers,
    earlier_studies: Sequence[EarlierStudy] = (),
    sampler: BaseSampler | None = None,
) -> BaseSampler:
    """`sampler`, or the one that the study names, told what it may know of the study.

    Raises SearchError where it cannot be had.
    """
    return samplers.make(
        sampler or spec.sampler.name,
        spec.sampler.seed,
        reading=reading_of(spec, offers),
        limit=lambda study: offers.left,
        space=spec.space.distributions(devices),
        earlier_studies=earlier_studies,
        hidden=_is_sibling if spec.siblings else None,
        folder=spec.search_path or None,
    )


def reading_of(spec: StudySpec, offers: Offers) -> Reading:
    """How the trials of a study of ours are read."""
    return Reading(
        cost=_alone,
        conclusive=_conclusive,
        forecast=_forecast,
        logarithmic=spec.objectives.logarithmic,
        expected_cost=offers.expected_cost,
        offers=offers.current,
    )


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
    heading = trial.user_attrs.get(records.SAVED)
    return spent + (heading["median"] if heading is not None else 0.0)


def _conclusive(trial: FrozenTrial) -> bool:
    # What is skipped for another reason than the budget is told as pruned.
    inconclusive = (Status.INTERRUPTED, Status.SKIPPED)
    return not (
        trial.state == TrialState.FAIL and trial.user_attrs.get(records.STATUS) in inconclusive
    )


def _forecast(trial: FrozenTrial) -> ExpectedLosses | None:
    told = trial.user_attrs.get(records.FORECAST)
    return None if told is None else ExpectedLosses(tuple(told["mean"]), tuple(told["deviation"]))
