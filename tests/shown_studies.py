"""Studies as the dashboard is to show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import optuna
from fabricated import Made, fabricate
from paretune.dashboard.shown_study import ShownStudy
from paretune.study.dashboard_note import curves_of
from paretune.study.storage.load_study import load_study


def shown(
    storage_url: str, curves: Mapping[int, Mapping[str, Sequence[float]]] | None = None
) -> ShownStudy:
    """The study of a storage."""
    loaded = load_study("digits", storage_url)
    found = curves_of(loaded.study) if curves is None else curves
    return ShownStudy(loaded.spec, loaded.device_kind, loaded.records, loaded.front, found)


def made_and_shown(
    storage_url: str, folder: Path, trials: Sequence[Made]
) -> tuple[optuna.Study, ShownStudy]:
    """A study of these trials, put into a storage."""
    study = fabricate(storage_url, folder, trials)
    return study, shown(storage_url)
