"""Learning-rate schedules, as plain arithmetic. Imports no framework."""

from __future__ import annotations

import math


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
