"""What optuna-dashboard shows of a study beside Optuna's own: the front as a note, the model files.

Each trial's product is an Optuna artifact in its study's folder; `StudyArtifacts` finds them there
for every study of a storage at once.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, BinaryIO
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import optuna
from optuna.artifacts import FileSystemArtifactStore, upload_artifact
from optuna.artifacts.exceptions import ArtifactNotFound
from optuna.storages import BaseStorage
from optuna.study import StudyDirection

from paretune.errors import DashboardError
from paretune.extras import require
from paretune.optuna_internals import set_study_system_attribute, study_system_attributes
from paretune.report.labels import short
from paretune.report.markdown import plain
from paretune.report.totals import Totals

if TYPE_CHECKING:
    from paretune.trial.record import TrialRecord

ARTIFACTS = "artifacts"  # the folder's name, in a study's folder
HOST = "127.0.0.1"
COST = "gpu_seconds"
# As optuna-dashboard keeps a study's note (its _note.py): a version, and the text in pieces that
# every database's column holds.
_VERSION, _PIECE, _PIECE_LENGTH = "dashboard:note_ver", "dashboard:note_str:", 2045
_ARROWS = {StudyDirection.MAXIMIZE: "↑", StudyDirection.MINIMIZE: "↓"}


def attach_model(trial: optuna.Trial, path: Path, store_folder: Path) -> str:
    """Make the file at `path` an artifact of `trial`; returns the artifact's id.

    To be done before the trial is told: Optuna takes none for a finished one.
    """
    store_folder.mkdir(parents=True, exist_ok=True)
    store = FileSystemArtifactStore(store_folder)
    return upload_artifact(artifact_store=store, file_path=str(path), study_or_trial=trial)


def publish(
    study: optuna.Study,
    records: Sequence[TrialRecord],
    front: Sequence[TrialRecord],
    device_kind: str,
) -> None:
    """Renew the study's note.

    The dashboard's own `save_note` would bring pandas, plotly and scikit-learn into the driver:
    60 MiB and a second of CPU time beside running trials.
    """
    text = note(study, records, front, device_kind)
    pieces = [text[at : at + _PIECE_LENGTH] for at in range(0, len(text), _PIECE_LENGTH)]
    stored = study_system_attributes(study)
    pieces += [""] * (sum(key.startswith(_PIECE) for key in stored) - len(pieces))
    for position, piece in enumerate(pieces):
        set_study_system_attribute(study, f"{_PIECE}{position}", piece)
    set_study_system_attribute(study, _VERSION, stored.get(_VERSION, 0) + 1)


def note(
    study: optuna.Study,
    records: Sequence[TrialRecord],
    front: Sequence[TrialRecord],
    device_kind: str,
) -> str:
    """The study in Markdown: its two costs, and its front with the baselines marked."""
    statuses = Counter("running" if r.status is None else r.status.value for r in records)
    counts = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    totals = Totals.of(records).sentence(device_kind)
    lines = [
        f"# {study.study_name}",
        "",
        f"Devices: **{device_kind}** (`gpu_seconds` are seconds of one such device, that a "
        f"configuration takes from scratch; `spent`: what its trial paid, with start and "
        f"evaluation). **{totals[0].upper()}{totals[1:]}.** Trials: {counts or 'none yet'}.",
        "",
        "## Pareto front",
        "",
    ]
    if not front:
        return "\n".join([*lines, "No trial keeps the study's constraints yet."])
    names = study.metric_names or list(front[0].values or {})
    heads = [
        f"{plain(name)} {_ARROWS[direction]}"
        for name, direction in zip(names, study.directions, strict=True)
    ]
    heads += ["spent"] if COST in names else [COST, "spent"]
    table = [f"| trial | {' | '.join(heads)} | configuration |", f"|---|{'---:|' * len(heads)}---|"]
    lines += [*table, *(_row(record, names) for record in front)]
    marked = [record for record in records if record.baseline is not None and record.values]
    if marked:
        lines += ["", "## Baselines", "", *table, *(_row(record, names) for record in marked)]
    if any(record.values and not record.feasible for record in records):
        told = "Trials that break a constraint are left out here, but not in Optuna's own list"
        lines += ["", f"{told} of best trials."]
    lines += ["", f"Take one: `paretune export {study.study_name} --trial N --out FOLDER`"]
    return "\n".join(lines)


def _row(record: TrialRecord, names: Sequence[str]) -> str:
    values = record.values or {}
    shown = [values[name] for name in names]
    shown += [] if COST in names else [record.cost.gpu_seconds]
    figures = " | ".join(f"{value:.4g}" for value in (*shown, record.spent.gpu_seconds))
    mark = "" if record.baseline is None else f" (baseline {record.baseline})"
    params = ", ".join(f"{name} {short(value)}" for name, value in record.params.items())
    return f"| {record.number}{mark} | {figures} | {plain(params)} |"


class StudyArtifacts:
    """Optuna's ArtifactStore over the folders of all studies; uploads go to a folder of their own.

    `folders` is asked at every look-up, since studies come and go while the dashboard runs.
    """

    def __init__(self, folders: Callable[[], Sequence[Path]], uploads: Path) -> None:
        self._folders = folders
        self._uploads = uploads

    def open_reader(self, artifact_id: str) -> BinaryIO:
        return self._find(artifact_id).open("rb")

    def write(self, artifact_id: str, content_body: BinaryIO) -> None:
        self._uploads.mkdir(parents=True, exist_ok=True)
        with (self._uploads / Path(artifact_id).name).open("wb") as file:
            shutil.copyfileobj(content_body, file)

    def remove(self, artifact_id: str) -> None:
        self._find(artifact_id).unlink()

    def _find(self, artifact_id: str) -> Path:
        for folder in (self._uploads, *self._folders()):
            path = folder / Path(artifact_id).name  # an id is no way out of the folder
            if path.is_file():
                return path
        raise ArtifactNotFound(f"artifact {artifact_id} is not on this machine")


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


def serve(
    storage: BaseStorage,
    folders: Callable[[], Sequence[Path]],
    uploads: Path,
    port: int,
    ready: Callable[[str], None],
) -> None:
    """Serve the dashboard on this machine only, until interrupted; port 0 takes a free one.

    `folders` are those of the studies, asked at every look-up; `ready` is called with the
    address. Raises DashboardError where the port cannot be had.
    """
    require("optuna_dashboard", "the dashboard")
    from optuna_dashboard import wsgi

    def artifacts() -> list[Path]:
        return [folder / ARTIFACTS for folder in folders()]

    app = wsgi(storage, artifact_store=StudyArtifacts(artifacts, uploads))
    try:
        server = make_server(HOST, port, app, server_class=_Server, handler_class=_Quiet)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DashboardError(
            f"{port}: {reason}; give another one, or 0 for any that is free", argument="port"
        ) from error
    with server:
        ready(f"http://{HOST}:{server.server_port}/dashboard/")
        server.serve_forever()
