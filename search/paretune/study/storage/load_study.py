"""Reads a study from its storage: for the front, the tables, export and the dashboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial

from paretune.errors import StudyError
from paretune.front.measured_front import MeasuredFront, measure_front, members_of
from paretune.optuna_internals import backend_of, storage_of, study_id
from paretune.spec.study_spec import StudySpec
from paretune.study.storage.gc_pause import gc_paused
from paretune.study.storage.open_storage import open_address
from paretune.study.storage.quick_storage import QuickStorage
from paretune.study.storage.retry import retry_locked
from paretune.study.storage.storage_address import StorageAddress
from paretune.study.stored_trials import records, study_marks
from paretune.study.stored_trials.records import RecordReader
from paretune.study.stored_trials.trial_folders import StudyFolder
from paretune.trial.record import TrialRecord


@dataclass(frozen=True)
class LoadedStudy:
    """A study as it stands in the storage."""

    study: optuna.Study
    id: str  # a random name; also in each trial's assignment
    address: StorageAddress
    spec: StudySpec
    folder: Path
    device_kind: str
    records: Sequence[TrialRecord]
    front: Sequence[TrialRecord]  # non-dominated and feasible; by the first objective, best first

    @cached_property
    def measured(self) -> MeasuredFront:
        """The front with its noise: points, standard errors, membership."""
        return measure_front(self.records, self.spec.objectives)

    @property
    def spent_gpu_seconds(self) -> float:
        """Everything that was paid, whatever came of it."""
        return sum(record.spent_gpu_seconds for record in self.records)


def find_study(name: str, address: StorageAddress) -> optuna.Study:
    """The study of that name, of whichever program.

    Raises StudyError naming the studies there are, StorageError if the storage cannot be read.
    """
    storage = open_address(address, create=False)
    try:
        return retry_locked(lambda: optuna.load_study(study_name=name, storage=storage))
    except KeyError:
        known = (
            ", ".join(sorted(retry_locked(lambda: optuna.get_all_study_names(storage)))) or "none"
        )
        raise StudyError(f"study {name!r} is not in {address.shown}; there are: {known}") from None


def load_study(name: str, storage_url: str | None = None) -> LoadedStudy:
    """Load a study that this program has run.

    Raises StudyError naming the studies there are, StorageError if the storage cannot be read.
    """
    address = StorageAddress.of(storage_url)
    study = find_study(name, address)
    attributes = study.user_attrs
    if study_marks.SPEC not in attributes:
        raise StudyError(
            f"study {name!r} was not run by paretune: it has no {study_marks.SPEC} attribute"
        )
    study_marks.check_format(name, attributes)
    spec = StudySpec.from_json(attributes[study_marks.SPEC])
    folder = StudyFolder.at(address, name, attributes[study_marks.FOLDER])
    reader = RecordReader.of(study, folder)
    with gc_paused():
        found = reader.read_all(retry_locked(lambda: _trials(study)))
        front = members_of(found, spec.objectives)
    return LoadedStudy(
        study=study,
        id=str(attributes.get(study_marks.ID, "")),
        address=address,
        spec=spec,
        folder=folder.path,
        device_kind=attributes[study_marks.DEVICE_KIND],
        records=found,
        front=front,
    )


def _trials(study: optuna.Study) -> list[FrozenTrial]:
    """All trials, as far as their records are made of them; of a database no more is read."""
    backend = backend_of(storage_of(study))
    if isinstance(backend, QuickStorage):
        return backend.with_attributes(study_id(study), records.READ)
    return study.get_trials(deepcopy=False)
