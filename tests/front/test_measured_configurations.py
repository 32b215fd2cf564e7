from __future__ import annotations

from dataclasses import replace

from made_records import record
from paretune.front.measured_configurations import measured_configurations


def test_a_configuration_that_ran_again_is_one() -> None:
    """Whatever the order of its parameters; what has no values is none."""
    trials = [
        record(0, {"a": 1.0}, {"x": 1, "y": 2}),
        record(1, {"a": 1.0}, {"x": 1, "y": True}),
        record(2, {"a": 1.5}, {"y": 2, "x": 1}, seed=1),
        replace(record(3, {"a": 1.0}, {"x": 3}), values=None),
    ]
    found = measured_configurations(trials)
    assert [[t.number for t in c.trials] for c in found] == [[0, 2], [1]]


def test_the_baseline_stands_for_its_configuration() -> None:
    """A user looks for it by that name."""
    (one,) = measured_configurations(
        [record(0, {"a": 1.0}, {}), record(1, {"a": 1.0}, {}, baseline=1)]
    )
    assert one.record.number == 1


def test_copies_are_no_measurements() -> None:
    """What took its training from the store says nothing new; of copies alone the first counts."""
    own, copy = record(0, {"a": 1.0}, {}), record(1, {"a": 1.0}, {}, reused=1.0)
    (both,) = measured_configurations([copy, own])
    assert both.measurements == (own,)
    (copies,) = measured_configurations([copy, record(2, {"a": 1.0}, {}, reused=1.0)])
    assert copies.measurements == (copy,)
