"""The end of a study of which little more is expected."""

from __future__ import annotations

from dataclasses import replace

import optuna
import pytest
from paretune.errors import StudyError
from paretune.samplers import make
from paretune.study.steering.least_gain import IN_A_ROW, LeastGain
from small_study import small_spec


class Expecting(optuna.samplers.RandomSampler):
    """A sampler of the user's that knows what it expects."""

    expected_gain: float | None = None


@pytest.fixture
def spec(tmp_path):
    return replace(small_spec(tmp_path / "study"), least_gain=0.5)


def test_several_poor_gains_in_a_row_end_the_study(spec):
    """One good one, or one that is not known, ends nothing; a good one begins the count anew."""
    sampler = Expecting(seed=0)
    rule = LeastGain(spec, make(sampler, hidden=lambda trial: False))
    for gain in (0.1, None, 0.2, 0.9, *[0.3] * (IN_A_ROW - 1)):
        sampler.expected_gain = gain
        rule.observe()
        assert rule.reason is None
    rule.observe()
    assert rule.reason is not None
    assert "30.00%" in rule.reason
    assert "50.00%" in rule.reason


def test_a_sampler_without_expectations_is_refused(spec):
    """With what to take instead; where the study does not ask for it, any sampler will do."""
    with pytest.raises(StudyError, match=r"least_gain = 0\.5 needs the sampler cost_aware"):
        LeastGain(spec, make("random", 0))
    quiet = LeastGain(replace(spec, least_gain=0.0), make("random", 0))
    quiet.observe()
    assert quiet.reason is None


def test_ours_is_taken():
    """The cost-aware sampler knows what it expects."""
    assert make("cost_aware", 0).expected_gain is None  # type: ignore[attr-defined]
