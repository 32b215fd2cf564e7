"""What a study has gained against its baselines."""

from __future__ import annotations

import math

from paretune.front.measured_front import measure_front
from paretune.inputs.tolerance import Tolerance
from paretune.report.gains import Gain, gain_sentence, gains_of, times
from views import View, point, study

TWO = ("accuracy", "gpu_seconds", "model_kib")
WAYS = {"accuracy": "maximize", "gpu_seconds": "minimize", "model_kib": "minimize"}


def gains(made: View, **tolerances: Tolerance) -> list[Gain]:
    return gains_of(made, measure_front(made.records, made.spec.objectives, tolerances))


def test_of_those_as_good_and_no_dearer_the_thriftiest() -> None:
    """Neither the more accurate nor the one that is cheap alone; what it saves is told by cost."""
    made = study(
        [
            point(0, 0.95, 10.0, 300.0, names=TWO, params={"i": 0}, baseline=1),
            point(1, 0.96, 8.0, 290.0, names=TWO, params={"i": 1}),
            point(2, 0.95, 5.0, 30.0, names=TWO, params={"i": 2}),
            point(3, 0.94, 1.0, 10.0, names=TWO, params={"i": 3}),
        ],
        WAYS,
    )
    (gain,) = gains(made)
    assert gain.trial is made.records[2]
    assert gain_sentence(gain, "cpu-core") == (
        "trial 2 (accuracy 0.9500) replaces baseline 1 (accuracy 0.9500): core-seconds 5.000, not "
        "10.00 (2x less); model 30.00, not 300.0 KiB (10x less)"
    )


def test_within_the_noise_is_as_good() -> None:
    """A difference that is none does not keep a thriftier trial from replacing the baseline."""
    made = study(
        [
            point(0, 0.950, 10.0, 300.0, names=TWO, params={"i": 0}, baseline=1),
            point(1, 0.949, 10.2, 30.0, names=TWO, params={"i": 1}),
        ],
        WAYS,
    )
    (gain,) = gains(made)
    assert not gain.saves
    assert gain_sentence(gain, "cpu-core") == (
        "nothing found is as good as baseline 1 (accuracy 0.9500) for less"
    )
    (gain,) = gains(made, accuracy=Tolerance(0.002), gpu_seconds=Tolerance(0.03, relative=True))
    assert "model 30.00, not 300.0 KiB (10x less)" in gain_sentence(gain, "cpu-core")
    assert "core-seconds" not in gain_sentence(gain, "cpu-core")  # 2 % are not worth a word


def test_what_it_has_more_of_is_told_too() -> None:
    """A gain in one cost that is a loss in another is no plain gain."""
    made = study(
        [
            point(0, 0.95, 10.0, 30.0, names=TWO, params={"i": 0}, baseline=1),
            point(1, 0.95, 1.0, 60.0, names=TWO, params={"i": 1}),
        ],
        WAYS,
    )
    (gain,) = gains(made)
    assert gain_sentence(gain, "cpu-core").endswith(
        "core-seconds 1.000, not 10.00 (10x less); model 60.00, not 30.00 KiB (2x more)"
    )


def test_baselines_that_cannot_be_compared() -> None:
    """One that failed or has no finite figure is left out, and so is all without a cost."""
    trials = [
        point(0, 0.95, math.inf, 30.0, names=TWO, params={"i": 0}, baseline=1),
        point(1, 0.9, 1.0, 1.0, names=TWO, params={"i": 1}),
    ]
    assert gains(study(trials, WAYS)) == []
    assert gains(study([point(0, 0.9, baseline=1), point(1, 0.95)], {"accuracy": "maximize"})) == []


def test_ratios_have_two_digits() -> None:
    """So much is known of them."""
    assert [times(r) for r in (1.234, 9.96, 16.4, 1234.0)] == ["1.2x", "10x", "16x", "1,234x"]
