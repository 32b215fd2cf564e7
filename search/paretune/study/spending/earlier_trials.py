"""Trials of earlier studies in the storage that teach what those of a new one will cost.

Only those teach that did the same: the same code on the same data, searched over the same
parameters, on the same kind of device; and of these only the trials that are points of the new
study's space. Names alone say little: every folder has its `train:train`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna.storages import BaseStorage

from paretune.catalog import TRAINABLES
from paretune.money.learned_costs import observations
from paretune.spec.study_spec import StudySpec
from paretune.study.storage.study_list import list_studies, newest_trials
from paretune.study.stored_trials import records, study_marks
from paretune.trial.prediction import Observation

EARLIER_STUDIES = 3  # the newest that are learnt from
EARLIER_TRIALS = 200  # the newest of each: more would hardly change what is learnt
_BETWEEN = 50.0  # so long after one study the next begins, in the order of trials


def earlier_observations(
    storage: BaseStorage, spec: StudySpec, kind: str, code: Mapping[str, str] | None = None
) -> list[Observation]:
    """Of the newest other studies in the storage that did the same on the same kind of device.

    `code` has the versions of this study's code and data (`study_marks.CODE`), as far as they are
    known.
    """
    alike = []
    for study in list_studies(storage):
        attributes = study.attributes
        readable = study_marks.SPEC in attributes and study_marks.is_readable(attributes)
        if not readable or study.name == spec.name:
            continue
        if attributes.get(study_marks.DEVICE_KIND) == kind and is_alike(attributes, spec, code):
            alike.append((study, StudySpec.from_json(attributes[study_marks.SPEC])))
    found: list[Observation] = []
    end = 0.0
    for study, other in alike[-EARLIER_STUDIES:][::-1]:
        reader = records.RecordReader(other.objectives)
        trials = reader.read_all(newest_trials(storage, study, EARLIER_TRIALS))
        end -= _BETWEEN + study.trials
        taught = observations(trials, other, begin=end)
        found = [o for o in taught if spec.space.holds(o.params)] + found
    return found


def is_alike(
    attributes: Mapping[str, Any], spec: StudySpec, code: Mapping[str, str] | None = None
) -> bool:
    """Did a stored study, by its attributes, train what `spec` trains?

    Where a version of code or data is not known on either side, the folder tells: the same one, or
    a bundled trainable, which is the same everywhere.
    """
    stored = attributes[study_marks.SPEC]
    if stored["trainable"] != spec.trainable or stored["data"] != dict(spec.data):
        return False
    if set(stored["space"]) != set(spec.space.names):
        return False
    here, there = code or {}, attributes.get(study_marks.CODE, {})
    versions = [(here.get(name), there.get(name)) for name in ("code", "data")]
    if any(one and other and one != other for one, other in versions):
        return False
    known = all(one and other for one, other in versions[:1])
    same_folder = stored["search_path"] == spec.search_path
    return known or same_folder or spec.trainable in TRAINABLES
