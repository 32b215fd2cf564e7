"""What changes from step to step of a training, as plain arithmetic. Imports no framework."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from paretune.errors import TrainableError
from paretune.trainables.settings import PruneSettings

UNCHANGED = -1.0  # at a step that changes nothing
_MASK_UPDATES = 50  # at most: each looks at every weight


def learning_rates(
    first: int,
    last: int,
    steps: int,
    *,
    peak: float,
    schedule: str,
    warmup: float,
) -> np.ndarray:  # (last - first,) float32
    """The rates of the steps `first` up to, not including, `last` of `steps` (`learning_rate`)."""
    return np.array(
        [
            learning_rate(step, steps, peak=peak, schedule=schedule, warmup=warmup)
            for step in range(first, last)
        ],
        dtype=np.float32,
    )


def learning_rate(step: int, steps: int, *, peak: float, schedule: str, warmup: float) -> float:
    """The rate of `step` (0-based) of `steps`.

    "constant" is `peak` throughout. "cosine" rises linearly over the first `warmup` share of the
    steps to `peak`, then falls along half a cosine towards 0 (Loshchilov & Hutter 2017, eq. 5,
    without restarts). "wsd" (warm-up, stable, decay: Hu et al. 2024, arXiv 2404.06395) rises over
    the first `warmup` share of `steps`, those of its first epoch, and stays; its decay is a
    training of its own, "decay", from `peak` towards 0 as 1 - sqrt (Haegele et al. 2024,
    arXiv 2405.18392). No step has rate 0, which would be paid and teach nothing.
    """
    if schedule == "constant":
        return peak
    if schedule == "decay":
        return peak * (1 - math.sqrt((step + 1) / (steps + 1)))
    rising = min(round(warmup * steps), steps - 1)
    if step < rising:
        return peak * (step + 1) / (rising + 1)
    if schedule == "wsd":
        return peak
    progress = (step - rising) / (steps - rising)
    return peak * 0.5 * (1 + math.cos(math.pi * progress))


@dataclass(frozen=True)
class PruningSteps:
    """The steps (0-based) of a fine-tuning at which masks are chosen: `begin`, `begin + every`, ...

    up to and including `end`.
    """

    begin: int
    end: int
    every: int


def pruning_steps(settings: PruneSettings, steps: int) -> PruningSteps:
    """When a fine-tuning of `steps` steps chooses its masks, at most about a hundred times.

    "constant" and 2:4 choose them once: choosing again among weights held at zero changes nothing.
    Raises TrainableError where the shares of the settings leave nothing to do.
    """
    if settings.pruning_begin >= settings.pruning_end:
        raise TrainableError(
            f"pruning_begin is {settings.pruning_begin}, pruning_end {settings.pruning_end}; "
            "begin before the end"
        )
    if settings.pruning_structure == "2:4":
        return PruningSteps(0, 0, 1)
    begin, end = (
        round(share * (steps - 1)) for share in (settings.pruning_begin, settings.pruning_end)
    )
    if settings.pruning_schedule == "constant":
        return PruningSteps(begin, begin, 1)
    every = max((end - begin) // _MASK_UPDATES, 1)
    # A whole number of updates, so that the last, which reaches the sparsity, is not missed.
    return PruningSteps(begin, begin + (end - begin) // every * every, every)
