"""Where optuna-dashboard keeps notes, graphs and artifacts: in a study's system attributes.

Its own writers (`save_note`, `save_plotly_graph_object`) would bring pandas, plotly and
scikit-learn into the driver, 60 MiB and a second of CPU time beside running trials, and commit
each piece of a text on its own. The names are those of its _note.py, _custom_plot_data.py and
artifact/_backend.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import optuna

from paretune.optuna_internals import set_study_system_attributes, study_system_attributes

PIECE_LENGTH = 2045  # of a text: what every database's column holds


def write_texts(
    study: optuna.Study,
    notes: Mapping[int | None, str],
    graphs: Mapping[str, Mapping[str, Any]],
    artifacts: Mapping[int | None, Mapping[str, Mapping[str, str]]],
) -> int:
    """Renew what has changed, in one transaction where the storage has them.

    `notes` in Markdown and `artifacts` (metadata by id) are by the trial's number in the storage,
    None for the study itself; `graphs` are Plotly figures as JSON, by id (letters, digits,
    hyphens). Returns the number of attributes that were written.
    """
    stored = study_system_attributes(study)
    wanted: dict[str, Any] = {}
    for trial, text in notes.items():
        prefix = "dashboard:" if trial is None else f"dashboard:{trial}:"
        changed = _changed(stored, f"{prefix}note_str:", text)
        if changed:
            version = f"{prefix}note_ver"
            wanted |= {**changed, version: int(stored.get(version, 0)) + 1}
    for name, graph in graphs.items():
        text = json.dumps(graph, separators=(",", ":"), allow_nan=False)
        wanted |= _changed(stored, f"dashboard:plot_data:{name}:", text)
    for trial, found in artifacts.items():
        prefix = "artifacts:" if trial is None else f"dashboard:artifacts:{trial}:"
        for id, meta in found.items():
            text = json.dumps(meta)
            if stored.get(f"{prefix}{id}") != text:
                wanted[f"{prefix}{id}"] = text
    set_study_system_attributes(study, wanted)
    return len(wanted)


def _changed(stored: Mapping[str, Any], prefix: str, text: str) -> dict[str, str]:
    """The pieces that differ from the stored ones; what a longer text left behind is emptied."""
    pieces = [text[at : at + PIECE_LENGTH] for at in range(0, len(text), PIECE_LENGTH)]
    pieces += [""] * (sum(key.startswith(prefix) for key in stored) - len(pieces))
    named = {f"{prefix}{position}": piece for position, piece in enumerate(pieces)}
    return {name: piece for name, piece in named.items() if stored.get(name) != piece}
