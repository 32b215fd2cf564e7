"""How texts are kept in a study's attributes, as optuna-dashboard reads them."""

from __future__ import annotations

import optuna
from optuna.storages import InMemoryStorage
from optuna_dashboard import get_note
from optuna_dashboard._custom_plot_data import get_plotly_graph_objects
from paretune.dashboard.study_attributes import PIECE_LENGTH, write_texts
from paretune.study.storage.open_storage import open_storage

GRAPH = {"data": [{"x": list(range(2000))}], "layout": {}}


def check(study: optuna.Study) -> None:
    """Long texts, shorter ones in their place, and nothing written twice."""
    long = "word " * PIECE_LENGTH
    assert write_texts(study, {None: long}, {"front": GRAPH}, {}) > 3
    assert get_note(study) == long
    assert write_texts(study, {None: long}, {"front": GRAPH}, {}) == 0
    write_texts(study, {None: "short"}, {"front": {"data": []}}, {})
    assert get_note(study) == "short"
    stored = study._storage.get_study_system_attrs(study._study_id)
    assert get_plotly_graph_objects(stored) == {"front": '{"data":[]}'}


def test_texts_in_a_database(storage_url: str) -> None:
    """In one transaction, read by the dashboard's own functions."""
    check(optuna.create_study(storage=open_storage(storage_url)))


def test_texts_in_another_storage() -> None:
    """The same where there is no database."""
    check(optuna.create_study(storage=InMemoryStorage()))


def test_version_of_a_note_rises_with_each_change(storage_url: str) -> None:
    """The dashboard takes a page's edit for outdated by it."""
    study = optuna.create_study(storage=open_storage(storage_url))
    for text in ("a", "b", "b"):
        write_texts(study, {None: text, 7: text}, {}, {})
    stored = study._storage.get_study_system_attrs(study._study_id)
    assert stored["dashboard:note_ver"] == stored["dashboard:7:note_ver"] == 2
