"""Files of the front as artifacts: curve and log of its trials, the picture of the study.

The models are artifacts already: each trial's is attached when it is told.
"""

from __future__ import annotations

import contextlib
import csv
import io
import shutil
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from paretune.dashboard.shown_study import ShownStudy
from paretune.errors import SearchError
from paretune.trial.record import TrialRecord

Meta = dict[str, str]
PICTURE = "front.svg"


def store_files(shown: ShownStudy, folder: Path, name: str) -> dict[int | None, dict[str, Meta]]:
    """Put the files into `folder` (made if need be) and return what describes them.

    `name` is the study's own, so that ids differ between studies. By trial number, None for the
    study; each with the artifacts by id. What cannot be read or written is left out.
    """
    found: dict[int | None, dict[str, Meta]] = {}
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        for record in (*shown.front, *shown.baselines):
            found[record.number] = _of_trial(record, shown, folder, name)
        found[None] = _picture(shown, folder, name)
    return found


def _of_trial(record: TrialRecord, shown: ShownStudy, folder: Path, name: str) -> dict[str, Meta]:
    found = {}
    if record.log is not None:
        id, meta = _described(f"{name}/{record.number}/log", "log.txt", "text/plain")
        with contextlib.suppress(OSError):
            shutil.copyfile(record.log, folder / id)
            found[id] = meta
    curve = shown.curves.get(record.number)
    if curve:
        id, meta = _described(f"{name}/{record.number}/curve", "curve.csv", "text/csv")
        (folder / id).write_text(_table(curve), encoding="utf-8")
        found[id] = meta
    return found


def _picture(shown: ShownStudy, folder: Path, name: str) -> dict[str, Meta]:
    from paretune.report.plots import draw

    id, meta = _described(f"{name}/picture", PICTURE, "image/svg+xml")
    drawn = folder / f".{id}.svg"
    try:
        draw(shown, drawn)
        drawn.replace(folder / id)
    except SearchError:  # nothing to draw yet, or nothing to draw with
        return {}
    return {id: meta}


def _described(path: str, filename: str, mimetype: str) -> tuple[str, Meta]:
    """An id that the same file has each time, and its description as Optuna stores it."""
    id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"paretune:{path}"))
    meta = {"artifact_id": id, "filename": filename, "mimetype": mimetype, "encoding": ""}
    return id, meta


def _table(curve: Mapping[str, Sequence[float]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", *curve])
    for epoch, row in enumerate(zip(*curve.values(), strict=False), 1):
        writer.writerow([epoch, *row])
    return text.getvalue()
