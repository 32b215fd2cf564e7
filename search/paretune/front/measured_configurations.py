"""The configurations of a study that have values, each with every trial that has measured it.

A configuration that ran again (`[replicate]`, or chance) is one configuration, not two.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import fmean
from typing import Any

from paretune.trial.record import TrialRecord


@dataclass(frozen=True)
class MeasuredConfiguration:
    """A configuration with its completed trials, the first of them first; at least one."""

    trials: tuple[TrialRecord, ...]

    @cached_property
    def record(self) -> TrialRecord:
        """The trial that stands for it, a baseline or else the first: its values are the means of
        what was measured.
        """
        first = next((t for t in self.trials if t.baseline is not None), self.trials[0])
        if len(self.measurements) < 2 or first.values is None:
            return first
        means = {name: self.mean(name, by_seed=True) for name in first.values}
        return replace(first, values=means)

    def mean(self, figure: str, *, by_seed: bool) -> float:
        """Of a figure's measurements; NaN where one lacks it.

        `by_seed`: a seed that was measured twice counts once.
        """
        groups = self.by_seed.values() if by_seed else [self.measurements]
        means = [fmean(trial_figure(t, figure) for t in trials) for trials in groups]
        return fmean(means)

    @cached_property
    def measurements(self) -> tuple[TrialRecord, ...]:
        """The trials whose figures are measurements of their own.

        What took stages from the store copies their measurement; of copies alone the first counts.
        """
        if len(self.trials) == 1:
            return self.trials
        return tuple(trial for trial in self.trials if not trial.reused) or self.trials[:1]

    @cached_property
    def by_seed(self) -> Mapping[int | None, tuple[TrialRecord, ...]]:
        """Its measurements by the seed of their training: only another seed is another network."""
        found: dict[int | None, tuple[TrialRecord, ...]] = {}
        for trial in self.measurements:
            found[trial.seed] = (*found.get(trial.seed, ()), trial)
        return found


def measured_configurations(records: Iterable[TrialRecord]) -> list[MeasuredConfiguration]:
    """The configurations that have values, in the order of their first trials."""
    found: dict[Any, list[TrialRecord]] = {}
    for record in records:
        if record.values is not None:
            found.setdefault(configuration_key(record.params), []).append(record)
    return [MeasuredConfiguration(tuple(trials)) for trials in found.values()]


def trial_figure(trial: TrialRecord, figure: str) -> float:
    """One of a trial's figures, an objective's value or any other; NaN where it has none."""
    value = (trial.values or {}).get(figure)
    return trial.metrics.get(figure, math.nan) if value is None else value


def configuration_key(params: Mapping[str, Any]) -> Any:
    """Equal for equal configurations, whatever the order of their parameters."""
    return frozenset((name, repr(value)) for name, value in params.items())
