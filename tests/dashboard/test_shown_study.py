"""A study as the dashboard is to show it."""

from __future__ import annotations

from dataclasses import replace

import optuna
from shown_studies import shown


def test_baselines_are_those_with_values(made_study: optuna.Study, storage_url: str) -> None:
    """One that failed has nothing to compare with."""
    study = shown(storage_url)
    failed = replace(study.records[5], baseline=2)
    more = replace(study, records=[*study.records[:5], failed])
    assert [record.number for record in more.baselines] == [0]
