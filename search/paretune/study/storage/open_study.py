"""Creates a study in its storage, or takes one up again where its old trials stay valid."""

from __future__ import annotations

import time
import uuid
import warnings
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

import optuna
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.trial import TrialState

from paretune.errors import SpecError, StudyError
from paretune.measure.devices import Device, largest_lease
from paretune.pareto.objectives import Objectives
from paretune.report.wording import counted
from paretune.spec.study_spec import StudySpec
from paretune.study.storage.retry import retry_locked
from paretune.study.stored_trials import records, study_marks
from paretune.study.stored_trials.records import RecordReader
from paretune.study.stored_trials.renew_trials import renew
from paretune.study.stored_trials.trial_folders import StudyFolder
from paretune.study.stored_trials.widen_trials import widen
from paretune.trial.outcome import Status

CREATION_SECONDS = 5.0  # the most that another driver may take to create a study
_BEGUN = {TrialState.RUNNING, TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL}
_VERSIONED = (
    "paretune",
    "optuna",
    "tensorflow",
    "tf-keras",
    "ai-edge-litert",
    "ai-edge-quantizer",
    "numpy",
)


def open_study(
    spec: StudySpec,
    storage: BaseStorage,
    folder: StudyFolder,
    devices: Sequence[Device],
    sampler: BaseSampler,
) -> tuple[optuna.Study, list[str]]:
    """The study named in the spec, new or resumed; and what a user should know about that.

    Raises StudyError where the stored study and the spec do not fit together.
    """
    objectives = spec.objectives
    kind = devices[0].kind
    _check_devices(spec, largest_lease(devices))
    try:
        study = optuna.create_study(
            storage=storage,
            study_name=spec.name,
            directions=objectives.optuna_directions,
            sampler=sampler,
        )
    except optuna.exceptions.DuplicatedStudyError:
        study = retry_locked(
            lambda: optuna.load_study(study_name=spec.name, storage=storage, sampler=sampler)
        )
        if _is_complete(study):
            return study, _resume(study, spec, folder, devices)
    _complete(study, spec, folder, kind, objectives)
    return study, []


def _check_devices(spec: StudySpec, devices: int) -> None:
    """A study may ask for more devices than a trial can have here: only here that is known."""
    problems = [
        f"baseline {position}: {problem}"
        for position, point in enumerate(spec.baselines, start=1)
        for problem in spec.space.check_point(point, devices)
    ]
    asked = spec.configure({}).gpu_count
    if asked > devices:
        problems.append(
            f"train.gpu_count is {asked}, and a trial can have {devices} here: lower it"
        )
    if problems:
        raise SpecError(spec.place, problems)


def _is_complete(study: optuna.Study) -> bool:
    """Has its creator finished? Another driver may be at it this moment, or have died at it."""
    deadline = time.monotonic() + CREATION_SECONDS
    while study_marks.SPEC not in study.user_attrs:
        if study.get_trials(deepcopy=False, states=tuple(_BEGUN)):
            return True  # of another program: `_resume` says so
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _complete(
    study: optuna.Study, spec: StudySpec, folder: StudyFolder, kind: str, objectives: Objectives
) -> None:
    with warnings.catch_warnings():  # Optuna has called metric names experimental for years
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.set_metric_names(list(objectives.names))
    study.set_user_attr(study_marks.ID, uuid.uuid4().hex)
    study.set_user_attr(study_marks.FOLDER, folder.name)
    study.set_user_attr(study_marks.DEVICE_KIND, kind)
    study.set_user_attr(study_marks.VERSIONS, installed_versions())
    study.set_user_attr(study_marks.FORMAT, study_marks.FORMAT_NUMBER)
    waiting = study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
    for position, point in enumerate(spec.baselines[len(waiting) :], start=len(waiting) + 1):
        study.enqueue_trial(dict(point), user_attrs={records.BASELINE: position})
    study.set_user_attr(study_marks.SPEC, spec.to_json())  # last: with it the study is complete


def installed_versions() -> dict[str, str]:
    """The versions of what a trial's figures depend on, as far as it is installed."""
    found = {}
    for name in _VERSIONED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _resume(
    study: optuna.Study, spec: StudySpec, folder: StudyFolder, devices: Sequence[Device]
) -> list[str]:
    kind = devices[0].kind
    stored = study.user_attrs.get(study_marks.SPEC)
    if stored is None:
        raise StudyError(
            f"study {spec.name!r} is in the storage, but was not made by paretune; "
            "choose another name"
        )
    study_marks.check_format(spec.name, study.user_attrs)
    old = StudySpec.from_json(stored)
    cure = "give the new study another name"
    before, now = old.objectives.described, spec.objectives.described
    if before != now:
        raise StudyError(
            f"study {spec.name!r}: objectives cannot change while it is resumed: "
            f"it has {before}; {spec.place} has {now}; {cure}"
        )
    if study.user_attrs[study_marks.DEVICE_KIND] != kind:
        raise StudyError(
            f"study {spec.name!r} was measured on {study.user_attrs[study_marks.DEVICE_KIND]}, "
            f"and this machine has {kind}: their costs do not compare; {cure}"
        )
    for name in ("trainable", "data", "train"):
        before, now = getattr(old, name), getattr(spec, name)
        if before != now:
            raise StudyError(
                f"study {spec.name!r}: {name} cannot change while it is resumed: "
                f"it has {before!r}; {spec.place} has {now!r}; {cure}"
            )
    allowed, refused = spec.space.changes(old.space)
    if refused:
        raise StudyError(
            f"study {spec.name!r}: its space has changed so that old trials do not fit: "
            f"{'; '.join(refused)}; {cure}"
        )
    renewed = 0
    if (old.objectives.constraints, old.prices) != (spec.objectives.constraints, spec.prices):
        price = spec.prices.per_second(kind)
        renewed = renew(study, RecordReader(spec.objectives, price, folder))
    widen(study, spec.space, largest_lease(devices))  # changes nothing where nothing has changed
    study.set_user_attr(study_marks.SPEC, replace(spec, baselines=old.baselines).to_json())
    ended = sum(trial.state.is_finished() for trial in study.get_trials(deepcopy=False))
    notes = [f"study {spec.name} goes on after {counted(ended, 'ended trial')}"]
    notes += [f"its space has changed: {change}" for change in allowed]
    if renewed:
        notes.append(f"its constraints or prices have changed: {renewed} trials are judged anew")
    known = [dict(point) for point in old.baselines]
    fresh = [point for point in spec.baselines if dict(point) not in known]
    for position, point in enumerate(fresh, start=len(known) + 1):
        study.enqueue_trial(dict(point), user_attrs={records.BASELINE: position})
    for position in _skipped_baselines(study):  # with a larger budget they may fit
        point = old.baselines[position - 1]
        study.enqueue_trial(dict(point), user_attrs={records.BASELINE: position})
    if fresh:
        both = (*old.baselines, *fresh)
        study.set_user_attr(study_marks.SPEC, replace(spec, baselines=both).to_json())
        notes.append(f"new baselines: {len(fresh)}")
    if ended and next(folder.path.glob("trial-*"), None) is None:
        notes.append(f"{folder.path} holds none of its files: older models are elsewhere, or gone")
    return notes


def _skipped_baselines(study: optuna.Study) -> list[int]:
    """The positions of baselines of which no trial has begun or waits: only skipped ones."""
    skipped: set[int | None] = set()
    others: set[int | None] = set()
    for trial in study.get_trials(deepcopy=False):
        position = trial.user_attrs.get(records.BASELINE)
        was_skipped = trial.user_attrs.get(records.STATUS) == Status.SKIPPED
        (skipped if was_skipped else others).add(position)
    return sorted(position for position in skipped - others if position is not None)
