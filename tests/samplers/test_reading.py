"""How a sampler reads trials that nobody has said anything about, and their losses."""

from __future__ import annotations

import optuna
import pytest
from paretune.samplers.reading import Reading


def test_the_defaults_know_optunas_values_and_nothing_else():
    """No cost, no forecast, no offers; every trial is conclusive."""
    trial = optuna.trial.create_trial(values=[1.0, 2.0])
    reading = Reading()
    assert reading.cost(trial) is None
    assert reading.forecast(trial) is None
    assert reading.conclusive(trial)
    assert list(reading.free(trial)) == []
    assert reading.expected_cost({}) is None
    assert list(reading.offers(optuna.create_study())) == []


def test_losses_follow_the_studys_directions():
    """An accuracy becomes an error; what is logarithmic is compared by its ratio."""
    study = optuna.create_study(directions=["maximize", "minimize"])
    assert Reading().losses(study, [0.75, 10.0]) == pytest.approx([0.25, 10.0])
    reading = Reading(logarithmic=[False, True])
    assert reading.losses(study, [0.75, 10.0]) == pytest.approx([0.25, 1.0])
