"""What a study has gained against its baselines: as good in the first objective, for less."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from paretune.front.measured_front import MeasuredFront
from paretune.report import RecordedStudy
from paretune.report.labels import name_and_unit, number
from paretune.trial.record import TrialRecord

COST = "gpu_seconds"
_TELLING = 1.05  # a ratio that is worth a word


@dataclass(frozen=True)
class Gain:
    """A baseline, and the trial of the front that replaces it."""

    baseline: TrialRecord
    trial: TrialRecord | None  # None: no other one is as good and no dearer
    quality: str  # the first objective
    # By objective to be minimised: how many times less the trial has of it.
    ratios: Mapping[str, float]

    @property
    def saves(self) -> bool:
        """Is there anything that the trial has less of?"""
        return any(ratio >= _TELLING for ratio in self.ratios.values())


def gains_of(study: RecordedStudy, measured: MeasuredFront) -> list[Gain]:
    """One for each baseline that has values, in the study file's order.

    The trial is, of those on the front that are as good in the first objective and no dearer in
    GPU-seconds (or, where those are none, in the first objective to be minimised), the one whose
    costs are the fewest times the baseline's, all objectives multiplied. What does not differ by
    more than the noise of `measured`, which is of the same study, is as good and no dearer.
    """
    costs = _costs(study)
    if not costs:
        return []
    baselines = [r for r in study.records if r.baseline is not None and _is_finite(r)]
    baselines.sort(key=lambda record: (record.baseline or 0, record.number))
    return [_gain(study, baseline, costs, measured) for baseline in baselines]


def gain_sentence(gain: Gain, device_kind: str) -> str:
    """The same in words."""
    before, trial = gain.baseline, gain.trial
    name = f"baseline {before.baseline}"
    had = f"{gain.quality} {number(_value(before, gain.quality))}"
    if trial is None or not gain.saves:
        return f"nothing found is as good as {name} ({had}) for less"
    parts = []
    for cost, ratio in sorted(gain.ratios.items(), key=lambda item: item[1] < 1):
        if 1 / _TELLING < ratio < _TELLING:
            continue
        what, unit = name_and_unit(cost, device_kind)
        figures = f"{number(_value(trial, cost))}, not {number(_value(before, cost))}"
        told = f"{times(ratio)} less" if ratio > 1 else f"{times(1 / ratio)} more"
        parts.append(f"{what} {figures}{f' {unit}' if unit else ''} ({told})")
    has = f"{gain.quality} {number(_value(trial, gain.quality))}"
    return f"trial {trial.number} ({has}) replaces {name} ({had}): {'; '.join(parts)}"


def times(ratio: float) -> str:
    """'4.1x', '16x'."""
    return f"{ratio:,.0f}x" if ratio >= 10 else f"{ratio:.2g}x"


def _costs(study: RecordedStudy) -> list[str]:
    """The objectives to be minimised, the one that must not grow first."""
    objectives = study.spec.objectives
    names = [name for name in objectives.names[1:] if objectives.by_name[name] == "minimize"]
    return sorted(names, key=lambda name: name != COST)


def _gain(
    study: RecordedStudy,
    baseline: TrialRecord,
    costs: list[str],
    measured: MeasuredFront,
) -> Gain:
    quality, sign = study.spec.objectives.names[0], float(study.spec.objectives.signs[0])

    def replaces(record: TrialRecord) -> bool:
        better = {
            quality: sign * _value(record, quality) <= sign * _value(baseline, quality),
            costs[0]: _value(record, costs[0]) <= _value(baseline, costs[0]),
        }
        if all(better.values()):
            return True
        differ = measured.differ(record, baseline)
        return all(good or not differ[name] for name, good in better.items())

    others = [record for record in study.front if record.number != baseline.number]
    good = [record for record in others if replaces(record)]

    def saved(record: TrialRecord) -> float:
        return math.prod(_ratio(baseline, record, cost) for cost in costs)

    best = max(good, key=saved, default=None)
    ratios = {} if best is None else {cost: _ratio(baseline, best, cost) for cost in costs}
    return Gain(baseline, best, quality, ratios)


def _ratio(before: TrialRecord, after: TrialRecord, name: str) -> float:
    least, most = _value(after, name), _value(before, name)
    return most / least if least > 0 and most > 0 else 1.0


def _is_finite(record: TrialRecord) -> bool:
    return record.values is not None and all(map(math.isfinite, record.values.values()))


def _value(record: TrialRecord, name: str) -> float:
    return (record.values or {})[name]
