"""What changes from step to step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.errors import TrainableError
from paretune.trainables.schedule import learning_rate, learning_rates, pruning_steps
from paretune.trainables.settings import PruneSettings


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (PruneSettings(sparsity=0.5, pruning_begin=0.6), "pruning_begin is 0.6, pruning_end 0.5"),
        (PruneSettings(sparsity=0.5, pruning_begin=0.0, pruning_end=0.0), "begin before the end"),
    ],
)
def test_a_schedule_without_steps_is_refused(settings: PruneSettings, words: str) -> None:
    """Begin and end in the wrong order: both values are named."""
    with pytest.raises(TrainableError, match=words):
        pruning_steps(settings, 100)


@given(steps=st.integers(1, 500), warmup=st.floats(0, 1), peak=st.floats(1e-4, 1))
def test_a_cosine_schedule_rises_then_falls_and_never_stops(
    steps: int, warmup: float, peak: float
) -> None:
    """Every step has a rate above 0, one has the peak, none more; it rises, then falls."""
    rates = [
        learning_rate(step, steps, peak=peak, schedule="cosine", warmup=warmup)
        for step in range(steps)
    ]
    assert min(rates) > 0
    assert max(rates) == pytest.approx(peak)
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)


def test_a_constant_schedule_is_constant() -> None:
    """Warm-up belongs to the cosine schedule only."""
    rates = {learning_rate(step, 9, peak=0.1, schedule="constant", warmup=0.5) for step in range(9)}
    assert rates == {0.1}


@given(steps=st.integers(1, 500), warmup=st.floats(0, 1), peak=st.floats(1e-4, 1))
def test_a_wsd_schedule_rises_and_stays(steps: int, warmup: float, peak: float) -> None:
    """Up to its peak within the first epoch, and then the same however long it goes on."""
    rates = [
        learning_rate(step, steps, peak=peak, schedule="wsd", warmup=warmup)
        for step in range(3 * steps)
    ]
    assert min(rates) > 0
    assert rates == sorted(rates)
    assert set(rates[steps - 1 :]) == {peak}


@given(steps=st.integers(1, 500), peak=st.floats(1e-4, 1))
def test_a_decay_falls_from_the_peak_and_never_stops(steps: int, peak: float) -> None:
    """Every step's rate is below the one before, the first below the peak, the last above 0."""
    rates = [
        learning_rate(step, steps, peak=peak, schedule="decay", warmup=0.0) for step in range(steps)
    ]
    assert peak > rates[0]
    assert min(rates) > 0
    assert rates == sorted(set(rates), reverse=True)


def test_the_rates_of_a_span_are_those_of_its_steps() -> None:
    """A slice of the whole schedule, in the graph's precision."""
    whole = learning_rates(0, 40, 40, peak=0.1, schedule="cosine", warmup=0.2)
    part = learning_rates(10, 20, 40, peak=0.1, schedule="cosine", warmup=0.2)
    assert part.dtype == np.float32
    assert np.array_equal(part, whole[10:20])


@given(
    steps=st.integers(1, 3000),
    begin=st.floats(0, 0.9),
    length=st.floats(0.01, 0.9),
    kind=st.sampled_from(["polynomial", "constant"]),
)
def test_masks_are_chosen_between_begin_and_end(
    steps: int, begin: float, length: float, kind: str
) -> None:
    """From the begin on and not after the end, in whole periods, at most about a hundred times."""
    end = min(begin + length, 1.0)
    settings = PruneSettings(
        sparsity=0.5, pruning_begin=begin, pruning_end=end, pruning_schedule=kind
    )
    at = pruning_steps(settings, steps)
    assert at.begin == round(begin * (steps - 1))
    assert at.begin <= at.end <= round(end * (steps - 1))
    assert (at.end - at.begin) % at.every == 0
    assert (at.end - at.begin) // at.every <= 100
