"""What was given up for a choice: the nearest points of the front that are better in something."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from paretune.front.measured_front import FrontPoint, MeasuredFront
from paretune.pareto.dominance import normalised


@dataclass(frozen=True)
class Neighbour:
    """The nearest point of the front that is better than the chosen one in an objective.

    Attributes:
        objective: In which it is better, by more than the noise.
        point: What could have been chosen instead.
        worse: The objectives in which it is worse, by more than the noise.
    """

    objective: str
    point: FrontPoint
    worse: tuple[str, ...]


def neighbours_of(front: MeasuredFront, point: FrontPoint) -> tuple[Neighbour, ...]:
    """Of a point: one for each objective in which the front has a better one.

    Nearest is the least distance of losses, each scaled to the front's range.
    """
    names, points = front.objectives.names, front.points
    rows = np.array([front.position(p.record) for p in points], dtype=np.intp)
    own = front.position(point.record)
    losses = front.losses[:, : len(names)]
    equal = front.equal(own, rows)
    better = (losses[rows] < losses[own]) & ~equal
    worse = (losses[rows] > losses[own]) & ~equal
    scaled = normalised(np.vstack([losses[rows], losses[own]]))
    distance = np.linalg.norm(scaled[:-1] - scaled[-1], axis=1)
    found = []
    for j, name in enumerate(names):
        able = np.flatnonzero(better[:, j])
        if len(able):
            nearest = int(able[np.argmin(distance[able])])
            lost = tuple(n for n, is_worse in zip(names, worse[nearest], strict=True) if is_worse)
            found.append(Neighbour(name, points[nearest], lost))
    return tuple(found)
