"""Which phases a configuration has, learnt from those seen."""

from __future__ import annotations

from cost_laws import CNN
from paretune.predict.phase_presence import Presence


def test_zero_is_off():
    """A range that was at its low end wherever the phase was missing switches it there alone."""
    rule = Presence.learn(CNN, [{"sparsity": 0.5}, {"sparsity": 0.9}], [{"sparsity": 0.0}])
    assert rule.chance({"sparsity": 0.05}) == 1
    assert rule.chance({"sparsity": 0.0}) == 0


def test_the_exception_among_choices():
    """A choice that was never tried follows the majority: 16 bits are quantized as 8 and 4 are."""
    rule = Presence.learn(CNN, [{"bits": 8}, {"bits": 4}], [{"bits": 32}])
    assert rule.chance({"bits": 16}) == 1
    assert rule.chance({"bits": 32}) == 0


def test_without_a_rule_the_share_counts():
    """Where no parameter explains it the phase has the chance it had so far."""
    rule = Presence.learn(CNN, [{"bits": 8}], [{"bits": 8}])
    assert rule.chance({"bits": 8}) == 0.5


def test_always_there():
    """A phase that every trial had is certain."""
    assert Presence.learn(CNN, [{"bits": 8}], []).chance({"bits": 32}) == 1
