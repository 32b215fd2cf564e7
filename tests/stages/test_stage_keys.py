"""Keys of stages: what a key depends on, and how many shorter runs are looked for."""

from __future__ import annotations

from paretune.stages.stage_keys import MOST_PREFIXES, Link, Origin, chain_keys


def training(epochs: int):
    """The one stage of a training whose shorter runs are prefixes."""
    link = Link("train", {"lr": 0.1, "epochs": epochs}, prefix="epochs")
    return chain_keys(Origin.nowhere(), [link])[0]


def test_every_shorter_run_of_a_short_training_is_a_prefix():
    """Each with the key that it has as a whole."""
    planned = training(6)
    assert [value for value, _ in planned.prefixes] == [1, 2, 3, 4, 5]
    assert all(key == training(value).key for value, key in planned.prefixes)
    assert planned.is_prefix(training(3).key)
    assert not planned.is_prefix(planned.key)


def test_of_a_training_of_a_million_steps_the_round_ones_are():
    """A few hundred keys, the same for every length, each that of a whole run."""
    planned = training(1_500_000)
    values = [value for value, _ in planned.prefixes]
    assert len(values) <= MOST_PREFIXES
    assert values[0] == 10_000
    assert values[-1] == 1_490_000
    assert planned.is_prefix(training(500_000).key)
    assert len(training(1001).prefixes) == MOST_PREFIXES


def test_later_stages_depend_on_earlier_ones():
    """A later stage's own parameters change its key alone."""

    def keys(lr, bits):
        links = [Link("train", {"lr": lr}), Link("quantize", {"bits": bits})]
        return [stage.key for stage in chain_keys(Origin.nowhere(), links)]

    assert keys(0.1, 8)[0] == keys(0.1, 4)[0]
    assert keys(0.1, 8)[1] != keys(0.1, 4)[1]
    assert not set(keys(0.1, 8)) & set(keys(0.2, 8))
