"""A trial between ask and tell."""

from __future__ import annotations

import optuna
from paretune.execute.trial_run import Report
from paretune.study.asked_trial import AskedTrial
from paretune.trial.configuration import Configuration


def test_the_last_report_counts() -> None:
    """No news leaves what is known."""
    study = optuna.create_study()
    study.ask()
    asked = AskedTrial(study.ask(), Configuration({}), None)
    assert (asked.number, asked.epoch, asked.metrics) == (1, None, None)
    asked.hear([Report(1, {"a": 0.1}, 1.0), Report(2, {"a": 0.2}, 2.0)])
    asked.hear([])
    assert (asked.epoch, asked.metrics) == (2, {"a": 0.2})
