"""Settings of the stages, and the learning-rate schedule."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.errors import TrainableError
from paretune.trainables.schedule import learning_rate
from paretune.trainables.settings import (
    AwareSettings,
    CnnSettings,
    PruneSettings,
    QuantizeSettings,
    TrainSettings,
)


@pytest.mark.parametrize(
    ("settings", "name", "value"),
    [
        (TrainSettings, "optimizer", "adamw"),
        (TrainSettings, "learning_rate", 0),
        (TrainSettings, "learning_rate", math.nan),
        (TrainSettings, "batch_size", 12.5),
        (TrainSettings, "batch_size", True),
        (TrainSettings, "epochs", 0),
        (TrainSettings, "schedule", "step"),
        (CnnSettings, "width", -1),
        (CnnSettings, "stem", "dense"),
        (PruneSettings, "sparsity", 1),
        (PruneSettings, "pruning_structure", "4:2"),
        (QuantizeSettings, "bits", 3),
        (QuantizeSettings, "bits", "8"),
        (AwareSettings, "quantization", "both"),
    ],
)
def test_an_impossible_value_is_named_with_its_cure(
    settings: Any, name: str, value: object
) -> None:
    """The message has the name, the value and what may be given."""
    with pytest.raises(TrainableError) as caught:
        settings.parse({name: value})
    assert f"{name} is {value!r}" in str(caught.value)
    assert "give" in str(caught.value) or "choose" in str(caught.value)


def test_full_integers_want_eight_bits() -> None:
    """activations = "int8" with other bits is refused with the condition for the space."""
    with pytest.raises(TrainableError, match=r"when = \{bits = 8\}"):
        QuantizeSettings.parse({"bits": 4, "activations": "int8"})
    assert QuantizeSettings.parse({"bits": 8, "activations": "int8"}).asked


def test_a_stage_that_has_nothing_to_do_is_not_asked_for() -> None:
    """No pruning at sparsity 0, no file work at 32 bits, no fine-tuning where bits need none."""
    assert not PruneSettings.parse({}).asked
    assert PruneSettings.parse({"sparsity": 0.5}).asked
    assert not QuantizeSettings.parse({}).asked
    assert not AwareSettings.parse({"bits": 16, "quantization": "qat"}).asked
    assert AwareSettings.parse({"bits": 4, "quantization": "qat"}).asked
    assert AwareSettings.parse({"bits": 2}).asked


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
