"""What an export says of its test accuracy beside the baselines'."""

from __future__ import annotations

import pytest
from exported_configuration import CONFIGURATION
from paretune.export.baseline_comparison import compare, interval
from paretune.export.exported_config import BaselineScore, SplitScore


def scored(accuracy: float, images: int = 382) -> SplitScore:
    return SplitScore(accuracy=accuracy, loss=0.3, images=images)


@pytest.mark.parametrize(
    ("mine", "theirs", "images", "words"),
    [
        (
            0.891,
            0.911,
            382,
            "no better and no worse than baseline 2 within noise (test -2.0 points",
        ),
        (0.95, 0.85, 382, "better than baseline 2 (test +10.0 points"),
        (0.85, 0.95, 382, "worse than baseline 2 (test -10.0 points"),
        (0.982, 0.978, 100_000, "better than baseline 2 (test +0.4 points"),
    ],
)
def test_a_difference_is_told_with_what_it_means(
    mine: float, theirs: float, images: int, words: str
) -> None:
    """Within noise, where its interval holds zero; the cost stands beside it."""
    baseline = BaselineScore(
        baseline=2, trial=1, measured={"gpu_seconds": 4e-7}, test=scored(theirs, images)
    )
    changes = {"test": scored(mine, images), "baselines": (baseline,)}
    (found,) = compare(CONFIGURATION.model_copy(update=changes))
    assert words in found.verdict
    assert found.verdict.endswith("at 0.25 times its gpu_seconds")
    assert found.low < found.difference < found.high


def test_the_interval_of_a_difference_holds_both_ends_of_what_is_possible() -> None:
    """Where both are perfect, it is as wide as each interval, and never beyond one."""
    baseline = BaselineScore(baseline=1, trial=0, measured={}, test=scored(1.0))
    changes = {"test": scored(1.0), "baselines": (baseline,)}
    (found,) = compare(CONFIGURATION.model_copy(update=changes))
    assert found.high == pytest.approx(1 - interval(scored(1.0))[0])
    assert found.low == -found.high
    assert found.cost_ratio is None


def test_nothing_is_said_where_nothing_was_scored() -> None:
    """A function's export has no test accuracy."""
    assert compare(CONFIGURATION.model_copy(update={"test": None})) == ()
