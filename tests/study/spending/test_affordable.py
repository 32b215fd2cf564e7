"""What the rest of a budget still buys."""

from __future__ import annotations

from functools import partial

import pytest
from money_left import affordable_with
from paretune.trial.prediction import Basis, Estimate, Prediction


@pytest.fixture
def affordable(tmp_path):
    """affordable(GPU-seconds left, limit=..., **options of Affordable)"""
    return partial(affordable_with, tmp_path)


def test_too_little_buys_nothing(affordable):
    """Less than the cheapest costs; and that is not searched for again and again."""
    made = affordable(0.5)
    assert made.buys_nothing()
    asked = made._treasury.asked
    assert made.buys_nothing()
    assert made._treasury.asked == asked
    assert not affordable(6.0).buys_nothing()
    assert not affordable(0.5, None).buys_nothing()


def test_what_part_has_run_of_may_fit_where_nothing_else_does(affordable):
    """What is cheaper than its like is among the candidates, unless it has run."""
    cheap = {"kind": "long", "epochs": 0.4}
    assert affordable(0.5, cheap=lambda: [cheap]).find() == cheap
    assert affordable(0.5, cheap=lambda: [cheap], known=lambda: [cheap]).find() is None


def test_what_has_become_cheap_is_looked_at_though_nothing_fitted_before(affordable):
    """A training that another trial has paid for since makes new configurations cheap."""
    offered: list[dict[str, object]] = []
    made = affordable(0.5, cheap=lambda: offered)
    assert made.buys_nothing()
    offered.append({"kind": "long", "epochs": 0.4})
    assert not made.buys_nothing()


def test_enough_for_several_trials_is_not_searched(affordable):
    """Then something fits, and nothing is predicted to find that out."""
    made = affordable(500.0)
    assert not made.buys_nothing()
    assert made._treasury.asked == 0


def test_a_guess_fits(affordable):
    """Before anything is known only the limit itself holds."""
    made = affordable(0.5)
    made._treasury.predict = lambda configuration, planned: Prediction(
        {"spent_gpu_seconds": Estimate(3.0, 2.0)}, Basis.GUESSED
    )
    assert made.fits({"kind": "short"})
