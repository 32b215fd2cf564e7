"""Values turned so that less is better: the only place where a sign is flipped.

Notation: m objectives.

    sign   -1 where more is better, else 1; dominance asks for no more
    loss   what models see and comparisons use: log10 of a value if the objective is logarithmic,
           1 - value if it is maximised (so that an accuracy becomes an error), else the value
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from optuna.study import StudyDirection

_LEAST = 1e-300  # a logarithm needs a number above 0


def sign_of(direction: StudyDirection) -> float:
    """What turns a value of that direction so that less is better."""
    return -1.0 if direction == StudyDirection.MAXIMIZE else 1.0


def to_loss(value: float, direction: StudyDirection, *, log: bool) -> float:
    """One objective value as a loss (module docstring)."""
    turned = sign_of(direction) * (float(np.log10(max(value, _LEAST))) if log else float(value))
    return 1.0 + turned if direction == StudyDirection.MAXIMIZE and not log else turned


def to_losses(
    values: Sequence[float],  # (m,)
    directions: Sequence[StudyDirection],
    logarithmic: Sequence[bool],
) -> NDArray[np.float64]:  # (m,)
    """The losses of one trial."""
    return np.array(
        [
            to_loss(value, direction, log=log)
            for value, direction, log in zip(values, directions, logarithmic, strict=True)
        ]
    )
