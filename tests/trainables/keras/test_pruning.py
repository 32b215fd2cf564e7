"""How weights are removed, and when that is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sample_networks
from hypothesis import given, settings
from hypothesis import strategies as st
from paretune.errors import TrainableError
from paretune.trainables.settings import PruneSettings

pytestmark = pytest.mark.tensorflow


def network(name: str) -> Any:
    from paretune.trainables.keras.framework import seed_everything

    seed_everything(0)
    return getattr(sample_networks, name)((28, 28, 1), 10, {})


def session() -> Any:
    from paretune.trainables.keras.framework import TrainingSession

    return TrainingSession(None, 1)


def run_rule(rule: Any, steps: int) -> list[int]:
    """Zeros after every step of a training that changes nothing but what the rule does."""
    from paretune.trainables.keras.framework import tf

    around = tf.function(lambda setting: rule.leave(rule.enter(setting)), autograph=False)
    settings = rule.begin(steps)
    counts = []
    for setting in settings:
        around(tf.constant(setting, tf.float64))
        counts.append(sum(int((w.numpy() == 0).sum()) for w in rule._weights))
    return counts


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 40, 333])
@pytest.mark.parametrize("shape", ["polynomial", "constant"])
def test_the_sparsity_is_reached_however_short_the_fine_tuning(shape: str, steps: int) -> None:
    """Zeros only ever grow, end at the asked number exactly, and before the training does."""
    from paretune.trainables.keras.pruning import PruningRule

    model = network("perceptron")
    settings = PruneSettings(sparsity=0.75, pruning_schedule=shape)
    counts = run_rule(PruningRule(model, [0], settings, session()), steps)
    wanted = round(0.75 * 784 * 32)
    assert counts == sorted(counts)
    assert counts[round(0.5 * (steps - 1))] == counts[-1] == wanted
    if shape == "polynomial" and steps > 10:
        assert counts[0] < 0.1 * wanted
        assert wanted / 2 < counts[steps // 4] < wanted  # fast first, then slowly


def test_the_smallest_weights_go_and_the_others_stay() -> None:
    """Every weight that is left is larger than every weight that is gone was."""
    from paretune.trainables.keras.pruning import PruningRule, masks_of

    model = network("perceptron")
    before = model.get_weights()[0]
    rule = PruningRule(model, [0], PruneSettings(sparsity=0.6), session())
    run_rule(rule, 20)
    after = model.get_weights()[0]
    kept = after != 0
    assert np.array_equal(after[kept], before[kept])
    assert np.abs(before[kept]).min() >= np.abs(before[~kept]).max()
    assert rule.zeros() == (~kept).sum()
    assert np.array_equal(masks_of(model.get_weights(), (0,))[0], kept)


def test_two_of_every_four_stay_along_the_reduced_axis() -> None:
    """2:4 keeps the two largest of every four inputs of a unit, and leaves out other kernels."""
    from paretune.trainables.keras.network import kernels
    from paretune.trainables.keras.pruning import PruningRule, prunable

    model = network("batch_norm")
    settings = PruneSettings(sparsity=0.3, pruning_structure="2:4")
    chosen = prunable(kernels(model), settings)
    assert [model.weights[index].shape[-2] % 4 for index in chosen] == [0, 0]
    rule = PruningRule(model, chosen, settings, session())
    run_rule(rule, 3)
    for index in chosen:
        weight = model.get_weights()[index]
        fours = (weight != 0).reshape(*weight.shape[:-2], -1, 4, weight.shape[-1])
        assert (fours.sum(axis=-2) == 2).all()
    assert rule.zeros() == sum(model.get_weights()[index].size for index in chosen) / 2


def test_a_fine_tuning_that_did_not_get_there_is_refused() -> None:
    """Zeros are counted at the end: fewer than asked for is an error with the cure."""
    from paretune.trainables.keras.pruning import PruningRule

    model = network("perceptron")
    rule = PruningRule(model, [0], PruneSettings(sparsity=0.9), session())
    from paretune.trainables.keras.framework import tf

    settings = rule.begin(100)
    rule.leave(rule.enter(tf.constant(settings[0], tf.float64)))  # type: ignore[func-returns-value]
    with pytest.raises(TrainableError, match=r"sparsity 0\.9 asks for; lower"):
        rule.zeros()


def test_a_network_without_anything_to_prune_is_refused() -> None:
    """Asking for sparsity of a network with a first and a last layer only says so."""
    from paretune.trainables.keras.network import kernels
    from paretune.trainables.keras.pruning import prunable

    model = network("volumetric")
    with pytest.raises(TrainableError, match="set sparsity to 0"):
        prunable([k for k in kernels(model) if not k.prunable], PruneSettings(sparsity=0.5))


@given(
    steps=st.integers(1, 500),
    begin=st.floats(0, 0.9),
    length=st.floats(0.01, 0.9),
    sparsity=st.floats(0.01, 0.99),
    kind=st.sampled_from(["polynomial", "constant"]),
)
@settings(max_examples=25, deadline=None)
def test_shares_grow_to_the_sparsity(
    steps: int, begin: float, length: float, sparsity: float, kind: str
) -> None:
    """From the begin on they only grow, and the last update reaches the sparsity."""
    from paretune.trainables.keras.pruning import pruning_shares

    asked = PruneSettings(
        sparsity=sparsity,
        pruning_begin=begin,
        pruning_end=min(begin + length, 1.0),
        pruning_schedule=kind,
    )
    shares = pruning_shares(asked, steps)
    assert shares.shape == (steps,)
    updates = np.flatnonzero(shares >= 0)
    assert updates[0] == round(begin * (steps - 1))
    assert (np.diff(shares[updates]) >= 0).all()
    assert shares[updates[-1]] == pytest.approx(sparsity)


def test_two_of_four_are_chosen_once() -> None:
    """At the first step, half of all, whatever the schedule."""
    from paretune.trainables.keras.pruning import pruning_shares

    shares = pruning_shares(PruneSettings(sparsity=0.3, pruning_structure="2:4"), 9)
    assert shares.tolist() == [0.5, *[-1.0] * 8]
