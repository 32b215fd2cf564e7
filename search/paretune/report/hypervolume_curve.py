"""How a front has grown with what was spent: its hypervolume after each of some trials.

On the scale of comparisons (costs by their ratios, pareto/losses.py), as a share of what the
finished front has, both up to the worst corner of the finished front and a tenth beyond.
"""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from paretune.pareto.dominance import hypervolume, nondominated, normalised
from paretune.pareto.losses import to_losses
from paretune.report import RecordedStudy

_MARGIN = 1.1  # of the reference point, so that the front's ends count too
_STEPS = 60  # points of the curve: an exact hypervolume of a large front takes its time


def hypervolume_curve(study: RecordedStudy) -> list[tuple[float, float]]:
    """(GPU-seconds spent, share of the final hypervolume), by the trials' numbers.

    Empty where the front is, or where it is worth nothing: one objective is constant.
    """
    objectives = study.spec.objectives
    directions, logs = objectives.optuna_directions, objectives.logarithmic

    def losses_of(record: object) -> np.ndarray:
        values = [record.values[name] for name in objectives.names]  # type: ignore[attr-defined]
        return to_losses(values, directions, logs)

    if not study.front:
        return []
    final = np.array([losses_of(record) for record in study.front])
    ideal, nadir = final.min(axis=0), final.max(axis=0)
    reference = np.full(final.shape[1], _MARGIN)
    whole = hypervolume(normalised(final, ideal, nadir), reference)
    records = sorted(study.records, key=lambda record: record.number)
    spent = list(accumulate(record.spent.gpu_seconds for record in records))
    points = {
        position: losses_of(record)
        for position, record in enumerate(records)
        if record.values is not None and record.feasible
    }
    every = max(len(points) // _STEPS, 1)
    last = len(points) - 1
    curve, front = [], np.empty((0, final.shape[1]))
    for count, (position, losses) in enumerate(points.items()):
        front = np.vstack([front, normalised(losses[None], ideal, nadir)])
        if count % every == 0 or count == last:
            front = front[nondominated(front)]
            curve.append((spent[position], hypervolume(front, reference) / whole))
    return curve
