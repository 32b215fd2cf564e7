"""Renews what optuna-dashboard shows of a study beside Optuna's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import optuna

from paretune.dashboard.course_graphs import learning_curves, predictions, progress, spending
from paretune.dashboard.graphs import Graph, front_in_space, front_pairs, parallel
from paretune.dashboard.shown_study import ShownStudy
from paretune.dashboard.study_attributes import write_texts
from paretune.dashboard.study_note import study_note
from paretune.dashboard.trial_note import LEFT, trial_note
from paretune.optuna_internals import study_system_attributes, trial_ids


def publish_note(study: optuna.Study, shown: ShownStudy) -> None:
    """The study's note alone: a few kilobytes, for while the study runs."""
    write_texts(study, {None: study_note(shown)}, {}, {})


def publish(study: optuna.Study, shown: ShownStudy, more: Mapping[str, Graph] | None = None) -> int:
    """Everything: note, notes of the front and the baselines, graphs; what has changed is written.

    `more` are further graphs by id. Returns the number of attributes that were written.
    """
    return write_texts(study, _notes(study, shown), {**graphs(shown), **(more or {})}, {})


def graphs(shown: ShownStudy) -> dict[str, Graph]:
    """By id: those for which there is something to draw."""
    if all(record.values is None for record in shown.records):
        return {}
    found = {
        "paretune-1-front": front_pairs(shown),
        "paretune-2-space": front_in_space(shown),
        "paretune-3-progress": progress(shown),
        "paretune-4-spending": spending(shown),
        "paretune-5-predictions": predictions(shown),
        "paretune-6-curves": learning_curves(shown),
        "paretune-7-parameters": parallel(shown),
    }
    return {name: graph for name, graph in found.items() if graph is not None}


def _notes(study: optuna.Study, shown: ShownStudy) -> dict[int | None, str]:
    ids = trial_ids(study)
    noted = {record.number: record for record in (*shown.front, *shown.baselines)}
    notes: dict[int | None, str] = {None: study_note(shown)}
    notes |= {ids[number]: trial_note(shown, record) for number, record in noted.items()}
    stored: Mapping[str, Any] = study_system_attributes(study)
    for number, id in ids.items():
        if number not in noted and stored.get(f"dashboard:{id}:note_str:0"):
            notes[id] = LEFT
    return notes


def publish_artifacts(
    study: optuna.Study, found: Mapping[int | None, Mapping[str, Mapping[str, str]]]
) -> None:
    """Let the study and its trials, by number, have these artifacts (`front_files`)."""
    ids = trial_ids(study)
    by_id = {None if number is None else ids[number]: metas for number, metas in found.items()}
    write_texts(study, {}, {}, by_id)
