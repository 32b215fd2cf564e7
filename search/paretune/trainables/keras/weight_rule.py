"""What compression does to the weights around each step of a training."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from paretune.trainables.schedule import UNCHANGED


class WeightRule(Protocol):
    """Acts before and after every step, inside the graph: `enter` and `leave` are traced once.

    What differs from step to step is a number a step, its setting, known before the first:
    `schedule.UNCHANGED` where there is none.
    """

    def begin(self, steps: int) -> np.ndarray:  # (steps,) float64
        """The settings of all `steps` steps. Variables are made here."""
        ...

    def enter(self, setting: Any) -> Any:
        """Before the gradient; `setting` is a float64 scalar. Returns what `leave` needs."""
        ...

    def leave(self, token: Any) -> None:
        """After the update."""
        ...


class PlainWeights:
    """Nothing but training: adds no operation to the step."""

    def begin(self, steps: int) -> np.ndarray:
        return np.full(steps, UNCHANGED)

    def enter(self, setting: Any) -> None:
        return None

    def leave(self, token: None) -> None:
        pass
