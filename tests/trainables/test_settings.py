"""Settings of the stages."""

from __future__ import annotations

import math
from typing import Any

import pytest
from paretune.errors import TrainableError
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
