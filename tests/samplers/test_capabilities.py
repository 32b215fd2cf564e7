"""What the engine asks of a sampler is asked of its members, not of its class."""

from __future__ import annotations

import optuna
from paretune.samplers import (
    CostAwareSampler,
    ExpectsGain,
    Reading,
    ReadsCosts,
    SharesModel,
    make,
    unwrapped,
)


class Own(optuna.samplers.RandomSampler):
    """A user's sampler that reads costs and knows what it expects, and nothing of ours."""

    expected_gain = 0.25

    def bind(self, reading, *, limit, space, earlier_studies):
        self.reading = reading


def test_ours_has_all_of_them():
    """The cost-aware sampler, as made for a study."""
    sampler = unwrapped(make("cost_aware", 0))
    for capability in (ReadsCosts, SharesModel, ExpectsGain):
        assert isinstance(sampler, capability)


def test_optunas_have_none():
    """They suggest, and that is all that is asked."""
    for name in ("tpe", "random", "nsgaii", "qmc"):
        for capability in (ReadsCosts, SharesModel, ExpectsGain):
            assert not isinstance(unwrapped(make(name, 0)), capability)


def test_a_sampler_of_the_users_has_those_whose_members_it_has():
    """It is bound like ours, and not kept from seeing siblings; it shares no model."""
    reading = Reading(cost=lambda trial: 2.0)
    own = Own(seed=0)
    made = make(own, reading=reading, hidden=lambda trial: True)
    assert made is own
    assert own.reading is reading
    assert isinstance(own, ExpectsGain)
    assert not isinstance(own, SharesModel)


def test_what_is_wrapped_counts():
    """A sampler is asked for what it can do behind what hides siblings from it."""
    inner = optuna.samplers.RandomSampler(0)
    made = make(inner, hidden=lambda trial: False)
    assert made is not inner
    assert unwrapped(made) is inner
    assert isinstance(unwrapped(CostAwareSampler(0)), SharesModel)
