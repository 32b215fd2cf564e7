from __future__ import annotations

import pytest
from made_records import record
from paretune.front.families import Families
from paretune.front.measured_configurations import measured_configurations


def test_a_family_has_one_measurement_of_the_training() -> None:
    """Who paid and who took it; a trial that shares nothing has no share."""
    trials = [
        record(0, {"a": 1.0}, train=10.0),
        record(1, {"a": 1.0}, reused=10.0),
        record(2, {"a": 1.0}, train=11.0),
    ]
    found = Families.find(measured_configurations(trials))
    assert found.of[0] == found.of[1] != found.of[2]
    assert list(found.shares) == [1.0, pytest.approx(10 / 10.1), 0.0]
