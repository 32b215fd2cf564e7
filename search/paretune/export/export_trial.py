"""Takes one trial out of a study: its configuration, its model and a card, in a folder."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paretune.catalog import TRAINABLES, require_trainable
from paretune.errors import ExportError
from paretune.export.exported_config import CONFIG, ExportedConfiguration, SplitScore
from paretune.export.model_card import Interface, model_card
from paretune.extras import require
from paretune.study.storage.load_study import LoadedStudy
from paretune.trial.files import (
    ASSIGNMENT,
    EXIT,
    HANDOVER,
    LOG,
    METER,
    MODEL,
    OUTCOME,
    REPORTS,
    RESULT,
    STOP,
)
from paretune.trial.job import Assignment
from paretune.trial.record import TrialRecord

CARD = "MODEL_CARD.md"
TEST_DATA = "test.npz"
_PROTOCOL = {ASSIGNMENT, EXIT, HANDOVER, LOG, METER, OUTCOME, REPORTS, RESULT, STOP}


@dataclass(frozen=True)
class Exported:
    """What was written where."""

    folder: Path
    configuration: ExportedConfiguration = field(repr=False)
    files: tuple[str, ...]


def completed_trial(loaded: LoadedStudy, number: int) -> TrialRecord:
    """The trial of that number. Raises ExportError if there is none, or it has no values."""
    name = loaded.study.study_name
    for record in loaded.records:
        if record.number == number:
            if record.values is None:
                status = "still running" if record.status is None else record.status.value
                raise ExportError(
                    f"trial {number} of study {name!r} is {status}"
                    f"{f' ({record.error})' if record.error else ''}: there is nothing to export"
                )
            return record
    numbers = [record.number for record in loaded.records]
    there = f"it has trials {min(numbers)} to {max(numbers)}" if numbers else "it has none yet"
    raise ExportError(f"trial {number} is not in study {name!r}: {there}")


def export_trial(
    loaded: LoadedStudy, record: TrialRecord, folder: Path, *, with_test_data: bool
) -> Exported:
    """Write `record`'s configuration, files and model card to `folder`.

    The test accuracy of a bundled trainable's file is computed here, for the first time. Raises
    ExportError where something is missing or cannot be written.
    """
    directory = _trial_folder(loaded, record)
    assignment = _assignment(directory, record, loaded.id)
    scored = assignment.trainable in TRAINABLES and (directory / MODEL).is_file()
    if with_test_data and not scored:
        raise ExportError(
            f"is asked for, but trial {record.number} has no {MODEL} of a bundled trainable "
            f"({', '.join(TRAINABLES)}), and only their test data is known",
            argument="with_test_data",
        )
    if scored:
        require_trainable(assignment.trainable)
    elif (directory / MODEL).is_file():
        require("ai_edge_litert", f"the export of a {MODEL}")
    _check_target(folder, loaded.study.study_name, record.number)
    try:
        with _beside(folder) as unfinished:
            test = None
            if scored:
                target = unfinished / TEST_DATA if with_test_data else None
                test = _score(directory / MODEL, dict(assignment.data), target)
            configuration, names = _write(loaded, record, assignment, directory, unfinished, test)
    except OSError as error:
        raise ExportError(f"{folder}: {error.strerror or error}", argument="folder") from error
    return Exported(folder, configuration, names)


def _write(
    loaded: LoadedStudy,
    record: TrialRecord,
    assignment: Assignment,
    directory: Path,
    folder: Path,
    test: SplitScore | None,
) -> tuple[ExportedConfiguration, tuple[str, ...]]:
    names = sorted(
        path.name
        for path in directory.iterdir()
        if path.is_file() and path.name not in _PROTOCOL and not path.name.startswith(".")
    )
    for name in names:
        shutil.copyfile(directory / name, folder / name)
    model = folder / MODEL if MODEL in names else None
    configuration = ExportedConfiguration.of_trial(
        loaded,
        record,
        assignment,
        model_sha256=None if model is None else hashlib.sha256(model.read_bytes()).hexdigest(),
        test=test,
    )
    test_data = (folder / TEST_DATA).is_file()
    card = model_card(
        configuration,
        record,
        None if model is None else _interface(model),
        others=[name for name in names if name != MODEL],
        completed=sum(r.values is not None for r in loaded.records),
        test_data=test_data,
    )
    (folder / CARD).write_text(card, encoding="utf-8")
    configuration.write(folder / CONFIG)
    return configuration, (CONFIG, *names, CARD, *((TEST_DATA,) if test_data else ()))


def _trial_folder(loaded: LoadedStudy, record: TrialRecord) -> Path:
    if record.directory is None or not record.directory.is_dir():
        raise ExportError(
            f"the files of trial {record.number} are not on this machine "
            f"({record.directory or loaded.folder}): export where the study ran, "
            "or choose another trial"
        )
    return record.directory


def _assignment(directory: Path, record: TrialRecord, study_id: str) -> Assignment:
    """What the trial was told. Raises ExportError for a folder that is another trial's."""
    try:
        assignment = Assignment.read(directory)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ExportError(
            f"trial {record.number}: {directory / ASSIGNMENT} cannot be read ({error}); "
            "choose another trial"
        ) from error
    if (assignment.study, assignment.number) != (study_id, record.number):
        raise ExportError(
            f"trial {record.number}: {directory} holds the files of another study's trial: "
            "has a database of the same name been there? choose another trial"
        )
    return assignment


def _check_target(folder: Path, study: str, trial: int) -> None:
    """A folder that is new, empty, or an earlier export of the same trial, which is replaced."""
    try:
        if not folder.exists() or not any(folder.iterdir()):
            return
    except OSError as error:
        raise ExportError(
            f"{folder}: {error.strerror}; name another folder", argument="folder"
        ) from error
    if not (folder / CONFIG).is_file():
        raise ExportError(
            f"{folder}: it holds files that are not of an export; name a new folder",
            argument="folder",
        )
    there = ExportedConfiguration.load(folder / CONFIG)
    if (there.study, there.trial) != (study, trial):
        raise ExportError(
            f"{folder}: it holds trial {there.trial} of study {there.study!r}; name another "
            "folder, or remove that one",
            argument="folder",
        )


@contextlib.contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A folder whose files become those of `folder` when the block succeeds; else they are gone."""
    there = next(parent for parent in folder.absolute().parents if parent.is_dir())
    unfinished = there / f".{folder.name or 'export'}.{os.getpid()}"
    unfinished.mkdir()
    try:
        yield unfinished
        folder.mkdir(parents=True, exist_ok=True)
        for path in unfinished.iterdir():
            path.replace(folder / path.name)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _score(model: Path, data: dict[str, Any], write: Path | None) -> SplitScore:
    # In a process of its own: the data sets are the worker's side, which the engine never imports.
    # -P: a paretune.py in the current folder is not ours.
    command = [sys.executable, "-P", "-m", "paretune.trainables.tflite.score_file", str(model)]
    command += ["--data", json.dumps(data), "--split", "test"]
    command += [] if write is None else ["--write", str(write)]
    run = subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    if run.returncode != 0:
        reason = run.stderr.strip().splitlines()[-1:] or [f"exit code {run.returncode}"]
        raise ExportError(f"the test accuracy of {model} cannot be computed: {reason[0]}")
    return SplitScore.model_validate_json(run.stdout.strip().splitlines()[-1])


def _interface(model: Path) -> Interface:
    from ai_edge_litert.interpreter import Interpreter

    try:
        interpreter = Interpreter(str(model))
    except (RuntimeError, ValueError) as error:
        raise ExportError(f"{model}: the interpreter refuses it: {error}") from error
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    return Interface(
        input_shape=tuple(int(side) for side in source["shape"][1:]),
        input_type=source["dtype"].__name__,
        output_shape=tuple(int(side) for side in target["shape"][1:]),
        output_type=target["dtype"].__name__,
    )
