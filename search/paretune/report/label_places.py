"""Where the labels of a picture go, so that none lies on another, on a point or over an edge.

Greedy, in the order given: a label takes the first of eight places around its point that is free.
One that finds none is left out, unless it is `needed`: then it takes the place with the least
overlap. (The best placement of all is NP-hard: Marks and Shieber 1991.)

Notation: a box is left, bottom, right, top in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_GAP = 5  # points between a label and its point's middle
_MARK = 2.5  # points from a mark's middle to its edge
_FREE = 0.5  # square pixels of overlap that nobody sees
# Above and left first: there nothing is better than a point of the front.
_PLACES = ((-1, 1), (1, 1), (1, -1), (-1, -1), (0, 1), (0, -1), (-1, 0), (1, 0))
_SIDES = {-1: "right", 0: "center", 1: "left"}
_LEVELS = {-1: "top", 0: "center", 1: "bottom"}


@dataclass(frozen=True)
class Label:
    """A text beside a point, in the axes' data."""

    at: tuple[float, float]
    text: str
    color: str
    needed: bool = False


def place(
    ax: Axes,
    labels: Sequence[Label],
    points: Sequence[tuple[float, float]],
    stairs: Sequence[tuple[float, float]] = (),
) -> None:
    """Write the labels into `ax`, whose limits, scale and place in the figure are final.

    `points` are all that is drawn there, `stairs` the corners of a line of level and upright
    pieces, both in data: a label covers neither.
    """
    frame = _box(ax)
    reach = _MARK * ax.figure.dpi / 72
    taken = np.vstack([_around(ax, points, reach), _pieces(ax, stairs)])
    for label in labels:
        text = ax.annotate(
            label.text,
            label.at,
            xytext=(0, 0),
            textcoords="offset points",
            fontsize=7,
            color=label.color,
            parse_math=False,
            zorder=4,
        )
        costs = [_cost(_moved(text, where), taken, frame) for where in _PLACES]
        free = [where for where, cost in zip(_PLACES, costs, strict=True) if cost < _FREE]
        if not free and not label.needed:
            text.remove()
            continue
        box = _moved(text, free[0] if free else _PLACES[int(np.argmin(costs))])
        taken = np.vstack([taken, box])


def overlap(
    box: np.ndarray,  # (4,)
    others: np.ndarray,  # (n, 4)
) -> float:
    """The area of a box that others cover, summed over them."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:], others[:, 2:])
    return float(np.clip(high - low, 0.0, None).prod(axis=1).sum())


def _cost(box: np.ndarray, taken: np.ndarray, frame: np.ndarray) -> float:
    """What a label in that place would cover, and what of it would not be seen."""
    beyond = float((box[2:] - box[:2]).prod()) - overlap(box, frame[None])
    return overlap(box, taken) + beyond


def _moved(text: Any, where: tuple[int, int]) -> np.ndarray:  # its box there
    across, up = where
    text.set_position((across * _GAP, up * _GAP))
    text.set_ha(_SIDES[across])
    text.set_va(_LEVELS[up])
    return _box(text)


def _box(artist: Any) -> np.ndarray:  # (4,)
    return np.array(artist.get_window_extent().extents)


def _around(ax: Axes, points: Sequence[tuple[float, float]], reach: float) -> np.ndarray:  # (n, 4)
    if not points:
        return np.empty((0, 4))
    middles = ax.transData.transform(np.array(points))
    return np.hstack([middles - reach, middles + reach])


def _pieces(ax: Axes, stairs: Sequence[tuple[float, float]]) -> np.ndarray:  # (n, 4)
    """The line's pieces as thin boxes."""
    if len(stairs) < 2:
        return np.empty((0, 4))
    corners = ax.transData.transform(np.array(stairs))
    ends = np.hstack([np.minimum(corners[1:], corners[:-1]), np.maximum(corners[1:], corners[:-1])])
    return np.asarray(ends + np.array([-1.0, -1.0, 1.0, 1.0]))
