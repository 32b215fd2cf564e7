"""What a trainable returns is made plain numbers, or refused with the cure."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.trainables import Diverged
from paretune.trial.outcome import DOLLARS, MEASURED, Outcome, Status
from paretune.worker.checked_metrics import ContractBroken, checked_metrics


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_numbers_of_every_kind_become_floats(value: float) -> None:
    """Python's, NumPy's and an array of one element are the same number."""
    given_as = (value, np.float32(value), np.float64(value), np.array([value]), np.array(value))
    for number in given_as:
        metrics = checked_metrics({"loss": number}, "train")
        assert metrics == {"loss": value}
        assert type(metrics["loss"]) is float


@pytest.mark.parametrize("value", [math.nan, math.inf, np.float32("-inf")])
def test_what_is_not_finite_has_diverged(value: object) -> None:
    """NaN and infinity are the training's failure, not the trainable's."""
    with pytest.raises(Diverged, match="train returned loss"):
        checked_metrics({"loss": value}, "train")


@pytest.mark.parametrize("returned", [3, "good", [0.5], {"a": "b"}, {"a": True}, {1: 2.0}])
def test_what_is_no_metric_is_refused(returned: object) -> None:
    """Anything but a dict of name to number breaks the contract."""
    with pytest.raises(ContractBroken, match="train returned"):
        checked_metrics(returned, "train")


@pytest.mark.parametrize("name", [*MEASURED, DOLLARS])
def test_measured_names_are_reserved(name: str) -> None:
    """A trainable's own value would stand on the front in place of the measured one."""
    with pytest.raises(ContractBroken, match=f"'{name}'.*measures itself.*my_{name}"):
        checked_metrics({"accuracy": 0.5, name: 1.0}, "train")


def test_measured_figures_win() -> None:
    """Also over a metric of that name that was stored when it was not refused yet."""
    outcome = Outcome(Status.COMPLETED, metrics={"gpu_seconds": 0.001, "accuracy": 0.5})
    assert outcome.figures()["gpu_seconds"] == outcome.cost.gpu_seconds == 0.0
