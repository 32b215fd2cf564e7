"""What was measured more than once without anybody asking for it, and how much that differed.

A configuration may have run twice; and two trials may both have run a stage that they could have
shared (at once on two drivers, or after the store had dropped it). Which parameters a stage does
not depend on shows where it *was* shared: those in which the trial that paid for it and the one
that took it differ. Trials that ran the stage and agree in all its other parameters have measured
one thing twice.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from paretune.front.measured_configurations import MeasuredConfiguration, trial_figure
from paretune.measure import OVERHEAD_PHASES
from paretune.trial.outcome import MEASURED
from paretune.trial.record import TrialRecord

_MAIN_SHARE = 0.5  # of a trial's cost, from which a stage's noise is about the trial's
_LOOKED_AT = 1000  # trials, the last ones: more of them add nothing to know


@dataclass(frozen=True)
class Spread:
    """How far repeated measurements were apart: their variance within groups, pooled."""

    squares: float = 0.0  # summed squared deviations from the groups' means
    freedom: int = 0  # measurements less groups

    @classmethod
    def of(cls, groups: Iterable[Sequence[float]]) -> Spread:
        """Of groups of values, each group of one thing."""
        squares, freedom = 0.0, 0
        for values in groups:
            mean = math.fsum(values) / len(values)
            squares += math.fsum((value - mean) ** 2 for value in values)
            freedom += len(values) - 1
        return cls(squares, freedom)

    def __add__(self, other: Spread) -> Spread:
        """Of both together."""
        return Spread(self.squares + other.squares, self.freedom + other.freedom)


def repeated_figures(
    configurations: Sequence[MeasuredConfiguration], figure: str, *, log: bool, seeds: bool
) -> Spread:
    """Of configurations that ran more than once; as logarithms if `log`.

    `seeds`: only another seed counts as another measurement.
    """
    groups = []
    for configuration in configurations:
        if len(configuration.trials) < 2 or len(configuration.measurements) < 2:
            continue
        trials = (
            [one[0] for one in configuration.by_seed.values()]
            if seeds
            else configuration.measurements
        )
        values = [trial_figure(trial, figure) for trial in trials]
        usable = [v for v in values if math.isfinite(v) and (v > 0 or not log)]
        if len(usable) > 1:
            groups.append([math.log(v) for v in usable] if log else usable)
    return Spread.of(groups)


def repeated_stages(configurations: Sequence[MeasuredConfiguration], figure: str) -> Spread:
    """Of main stages that more than one configuration's trial has run, as logarithms."""
    if figure not in MEASURED:
        return Spread()
    trials = [configuration.trials[0] for configuration in configurations[-_LOOKED_AT:]]
    groups = []
    for stage, late in _late_parameters(trials).items():
        runs: dict[Any, list[float]] = defaultdict(list)
        for trial in trials:
            value = _stage_value(trial, stage, figure)
            if value is not None:
                rest = frozenset((n, repr(v)) for n, v in trial.params.items() if n not in late)
                runs[rest].append(math.log(value))
        groups += [values for values in runs.values() if len(values) > 1]
    return Spread.of(groups)


def _late_parameters(trials: Sequence[TrialRecord]) -> Mapping[str, set[str]]:
    """By stage that was shared: the parameters that it is known not to depend on."""
    paid: dict[tuple[str, float], Mapping[str, Any]] = {}
    for trial in trials:
        for name, seconds in main_stages(trial, trial.phases):
            paid.setdefault((name, seconds), trial.params)
    late: dict[str, set[str]] = defaultdict(set)
    for trial in trials:
        for name, seconds in main_stages(trial, trial.reused):
            payer = paid.get((name, seconds))
            if payer is not None and name not in trial.phases:  # not one that only went on from it
                names = payer.keys() | trial.params.keys()
                absent = object()
                late[name] |= {
                    n for n in names if payer.get(n, absent) != trial.params.get(n, absent)
                }
    return late


def main_stages(trial: TrialRecord, phases: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Those of the `phases` of a trial that make up most of its cost: name and GPU-seconds."""
    for name in phases:
        if name not in OVERHEAD_PHASES:
            seconds = phases[name].gpu_seconds
            if seconds > 0 and seconds >= _MAIN_SHARE * trial.cost.gpu_seconds:
                yield name, seconds


def _stage_value(trial: TrialRecord, stage: str, figure: str) -> float | None:
    if stage not in trial.phases or stage in trial.reused:  # went on from a shorter one
        return None
    if not any(name == stage for name, _ in main_stages(trial, trial.phases)):
        return None
    value = getattr(trial.phases[stage], figure)
    return value if value is not None and value > 0 else None
