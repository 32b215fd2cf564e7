"""The exported trial's test accuracy beside each baseline's, and what the difference means."""

from __future__ import annotations

import math
from dataclasses import dataclass

from paretune.export.exported_config import BaselineScore, ExportedConfiguration, SplitScore
from paretune.front.measured import wilson_interval

_COST = "gpu_seconds"


@dataclass(frozen=True)
class Comparison:
    """The exported trial's accuracy less a baseline's, on the same test images."""

    baseline: BaselineScore
    difference: float  # of accuracies
    low: float  # of the interval of 95 %
    high: float
    cost_ratio: float | None  # the exported trial's GPU-seconds over the baseline's

    @property
    def verdict(self) -> str:
        """What the difference means, in words."""
        name = f"baseline {self.baseline.baseline}"
        if self.low > 0:
            said = f"better than {name}"
        elif self.high < 0:
            said = f"worse than {name}"
        else:
            said = f"no better and no worse than {name} within noise"
        points = (
            f"test {100 * self.difference:+.1f} points, 95 % interval "
            f"{100 * self.low:+.1f} to {100 * self.high:+.1f}"
        )
        cost = "" if self.cost_ratio is None else f", at {self.cost_ratio:.2g} times its {_COST}"
        return f"{said} ({points}){cost}"


def compare(configuration: ExportedConfiguration) -> tuple[Comparison, ...]:
    """Against every baseline whose file was scored; () where the trial's own was not.

    The interval is Newcombe's of two shares ("Interval estimation for the difference between
    independent proportions", Statistics in Medicine 17, 1998, method 10), made of Wilson's. The
    images are the same for both, so that it is rather too wide than too narrow.
    """
    test = configuration.test
    if test is None:
        return ()
    return tuple(_against(configuration, test, each) for each in configuration.baselines)


def interval(score: SplitScore) -> tuple[float, float]:
    """Wilson's 95 % interval of an accuracy."""
    return wilson_interval(score.accuracy, score.images)


def with_interval(score: SplitScore) -> str:
    """An accuracy as it is told.

    Examples:
        >>> with_interval(SplitScore(accuracy=0.95, loss=0.2, images=359))
        '0.95 (0.922 to 0.968, 359 images)'
    """
    low, high = interval(score)
    return f"{score.accuracy:.6g} ({low:.3f} to {high:.3f}, {score.images} images)"


def _against(
    configuration: ExportedConfiguration, mine: SplitScore, baseline: BaselineScore
) -> Comparison:
    theirs = baseline.test
    (low, high), (their_low, their_high) = interval(mine), interval(theirs)
    difference = mine.accuracy - theirs.accuracy
    costs = configuration.measured.get(_COST), baseline.measured.get(_COST)
    return Comparison(
        baseline,
        difference,
        difference - math.hypot(mine.accuracy - low, their_high - theirs.accuracy),
        difference + math.hypot(high - mine.accuracy, theirs.accuracy - their_low),
        costs[0] / costs[1] if costs[0] and costs[1] else None,
    )
