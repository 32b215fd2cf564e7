"""Training without compression."""

from __future__ import annotations


def test_plain_training_changes_nothing_at_any_step() -> None:
    """One setting a step, none of which asks for anything."""
    from paretune.trainables.keras.weight_rule import PlainWeights

    rule = PlainWeights()
    assert (rule.begin(5) < 0).tolist() == [True] * 5
    assert rule.enter(0.0) is None  # type: ignore[func-returns-value]
    rule.leave(None)
