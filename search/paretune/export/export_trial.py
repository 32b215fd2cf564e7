"""Takes one trial out of a study: its configuration, its model and a card, in a folder."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from paretune.catalog import TRAINABLES, require_trainable
from paretune.errors import ExportError
from paretune.export.export_programs import WorkerFiles, scores_on_test, write_worker_files
from paretune.export.export_target import check_target, replacing
from paretune.export.exported_config import (
    CONFIG,
    BaselineScore,
    ExportedConfiguration,
    SplitScore,
)
from paretune.export.model_card import CARD, DATA, PREDICT_SCRIPT, TEST_DATA, Interface, model_card
from paretune.export.scripts import predict_script
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

SMALL_SOURCE = "digits"  # of public images, and so few that every export has them
_PROTOCOL = {ASSIGNMENT, EXIT, HANDOVER, LOG, METER, OUTCOME, REPORTS, RESULT, STOP}


@dataclass(frozen=True)
class Exported:
    """What was written where."""

    folder: Path
    configuration: ExportedConfiguration = field(repr=False)
    files: tuple[str, ...]
    missing: Mapping[str, str] = field(default_factory=dict)  # format -> why it is not there


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
    loaded: LoadedStudy,
    record: TrialRecord,
    folder: Path,
    *,
    formats: Sequence[str] | None = None,
    with_test_data: bool = False,
    with_data: bool = False,
    force: bool = False,
) -> Exported:
    """Write `record`'s configuration, files, scripts and model card to `folder`.

    `formats` are those beside model.tflite, such as "onnx"; None writes what can be written. What
    a bundled trainable's file, and the baselines' files, score on the test images is computed here,
    for the first time. `force` replaces an export of another trial. Raises ExportError where
    something is missing or cannot be written.
    """
    directory = _trial_folder(loaded, record)
    assignment = _assignment(directory, record, loaded.id)
    scored = assignment.trainable in TRAINABLES and (directory / MODEL).is_file()
    for asked, argument in ((with_test_data, "with_test_data"), (with_data, "with_data")):
        if asked and not scored:
            raise ExportError(
                f"is asked for, but trial {record.number} has no {MODEL} of a bundled trainable "
                f"({', '.join(TRAINABLES)}), and only their data are known",
                argument=argument,
            )
    require_trainable(assignment.trainable)
    if not scored and (directory / MODEL).is_file():
        require("ai_edge_litert", f"the export of a {MODEL}")
    check_target(folder, loaded.study.study_name, record.number, force=force)
    try:
        with replacing(folder) as unfinished:
            scores = _Scores()
            if scored:
                scores = _scores(
                    loaded,
                    record,
                    assignment,
                    unfinished,
                    with_test_data=with_test_data,
                    with_data=with_data or assignment.data.get("source") == SMALL_SOURCE,
                )
            written = write_worker_files(
                directory,
                unfinished,
                title=f'trial {record.number} of the study "{loaded.study.study_name}"',
                formats=_formats(assignment, formats),
            )
            if formats is not None and written.missing:
                name, reason = next(iter(written.missing.items()))
                raise ExportError(f"{name} cannot be written: {reason}", argument="formats")
            configuration = _write(loaded, record, assignment, unfinished, scores, written)
    except OSError as error:
        raise ExportError(f"{folder}: {error.strerror or error}", argument="folder") from error
    return Exported(folder, configuration, (CONFIG, *configuration.files), written.missing)


def _formats(assignment: Assignment, asked: Sequence[str] | None) -> Sequence[str]:
    if asked is None:  # only where there is something to take it from
        stored = assignment.store is not None and Path(assignment.store).is_dir()
        return ("keras",) if stored and assignment.trainable in TRAINABLES else ()
    return [name for name in dict.fromkeys(asked) if name != "tflite"]


def _write(
    loaded: LoadedStudy,
    record: TrialRecord,
    assignment: Assignment,
    folder: Path,
    scores: _Scores,
    written: WorkerFiles,
) -> ExportedConfiguration:
    directory = Path(assignment.directory)
    names = sorted(
        path.name
        for path in directory.iterdir()
        if path.is_file() and path.name not in _PROTOCOL and not path.name.startswith(".")
    )
    for name in names:
        shutil.copyfile(directory / name, folder / name)
    model = folder / MODEL if MODEL in names else None
    if model is not None:
        shutil.copyfile(predict_script.__file__, folder / PREDICT_SCRIPT)
    files = sorted(path.name for path in folder.iterdir())
    configuration = ExportedConfiguration.of_trial(
        loaded,
        record,
        assignment,
        model_sha256=None if model is None else hashlib.sha256(model.read_bytes()).hexdigest(),
        files=(*files, CARD),
        test=scores.test,
        networks={name: dict(score) for name, score in written.networks.items()},
        baselines=scores.baselines,
        module_versions=dict(written.versions),
    )
    card = model_card(
        configuration,
        record,
        None if model is None else _interface(model),
        completed=sum(r.values is not None for r in loaded.records),
    )
    (folder / CARD).write_text(card, encoding="utf-8")
    configuration.write(folder / CONFIG)
    return configuration


@dataclass(frozen=True)
class _Scores:
    test: SplitScore | None = None
    baselines: tuple[BaselineScore, ...] = ()


def _scores(
    loaded: LoadedStudy,
    record: TrialRecord,
    assignment: Assignment,
    folder: Path,
    *,
    with_test_data: bool,
    with_data: bool,
) -> _Scores:
    """The file's on the test images, and those of the study's baselines."""
    baselines = [
        other
        for other in loaded.records
        if other.baseline is not None and other.number != record.number and other.model is not None
    ]
    models = [Path(assignment.directory, MODEL), *(Path(b.model or "") for b in baselines)]
    mine, *others = scores_on_test(
        models,
        assignment.data,
        test_data=folder / TEST_DATA if with_test_data else None,
        all_data=folder / DATA if with_data else None,
    )
    return _Scores(
        mine,
        tuple(
            BaselineScore(
                baseline=baseline.baseline or 0,
                trial=baseline.number,
                measured=dict(baseline.metrics),
                test=test,
            )
            for baseline, test in zip(baselines, others, strict=True)
        ),
    )


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
