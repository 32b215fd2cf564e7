"""A running trial's cost, sharpened by its first epochs: two reports tell how fast it really is.

Notation: a trial was predicted to pay P_j for the phases that train and W for everything else; its
`train` phase has E epochs. Between two reports it paid r an epoch, where P_train / E was expected.
The logarithm of the ratio of the two, f, corrects every P_j; it is known as well as the prediction
was (prior) and as the epochs seen agree (data).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paretune.predict.features import EPOCHS, TRAINING
from paretune.trial.prediction import TOGETHER, Estimate, Prediction, total

_EPOCH_DEVIATION = 0.15  # of one epoch's cost about the mean of all, in log units


@dataclass
class RunningCost:
    """What a running trial has paid, and what it will have paid in the end."""

    predicted: Prediction
    params: Mapping[str, Any]
    spent: float = 0.0  # GPU-seconds so far
    is_paid: bool = False  # it has given its devices back: nothing is added
    _first: tuple[int, float] | None = None  # epoch of the first report, GPU-seconds at it
    _last: tuple[int, float] | None = None

    def observe(self, spent: float, epoch: int | None = None) -> None:
        """The bill now, and the epoch if one has just been reported."""
        self.spent = max(self.spent, spent)
        # Epochs beyond those of `train` are another phase's: they say nothing of its pace.
        if epoch is None or epoch > float(self.params.get(EPOCHS, math.inf)):
            return
        again = self._last is not None and epoch <= self._last[0]  # killed, and begun anew
        if self._first is None or again:
            self._first = (epoch, spent)
        self._last = (epoch, spent)

    def total(self) -> Estimate | None:
        """All it will have paid in the end; None where nothing was predicted."""
        whole = self.predicted.figures.get("spent_gpu_seconds")
        ratio = self._ratio()
        if whole is None or ratio is None:
            return whole
        corrected = [
            Estimate(part.log_mean + ratio.log_mean, ratio.log_deviation)
            if name in TRAINING
            else part
            for name, part in self.predicted.parts.items()
        ]
        return total(corrected, TOGETHER)

    def left(self) -> float:
        """GPU-seconds yet to be paid, as likely more as less; infinite where nothing is known."""
        whole = self.total()
        return math.inf if whole is None else max(whole.median - self.spent, 0.0)

    def remaining(self) -> float:
        """GPU-seconds yet to be paid, cautiously: up to the upper end of the interval."""
        whole = None if self.is_paid else self.total()
        return 0.0 if whole is None else max(whole.high - self.spent, 0.0)

    def _ratio(self) -> Estimate | None:
        """e**f, how much more an epoch costs than predicted; None while no two reports tell."""
        train = self.predicted.parts.get("train")
        epochs = self.params.get(EPOCHS)
        if train is None or not epochs or self._first is None or self._last is None:
            return None
        (begin, paid), (end, bill) = self._first, self._last
        if end <= begin or bill <= paid:
            return None
        seen = math.log((bill - paid) / (end - begin)) - (train.log_mean - math.log(epochs))
        prior, data = train.log_deviation**2, _EPOCH_DEVIATION**2 / (end - begin)
        if prior == 0:
            return Estimate(0.0, 0.0)
        weight = prior / (prior + data)
        return Estimate(weight * seen, math.sqrt(prior * data / (prior + data)))
