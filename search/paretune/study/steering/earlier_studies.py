"""`[warm_start] studies`: earlier studies in the same storage say where to look early."""

from __future__ import annotations

from paretune.errors import StudyError
from paretune.samplers import EarlierStudy
from paretune.spec.study_spec import StudySpec
from paretune.study.steering.sampling import reading_of
from paretune.study.storage.load_study import load_study

NEEDED = "cost_aware"


def earlier_studies(spec: StudySpec, storage_url: str | None) -> tuple[EarlierStudy, ...]:
    """What the named studies found, as the sampler takes it.

    Raises StudyError for one that is not there, or whose trials do not compare with this study's.
    """
    if spec.warm_start and spec.sampler.name != NEEDED:
        raise StudyError(
            f"study {spec.name!r}: warm_start.studies needs the sampler {NEEDED}; "
            f"the sampler is {spec.sampler.name}"
        )
    return tuple(_earlier(name, spec, storage_url) for name in spec.warm_start)


def _earlier(name: str, spec: StudySpec, storage_url: str | None) -> EarlierStudy:
    key = f"study {spec.name!r}: warm_start.studies names {name!r}"
    if name == spec.name:
        raise StudyError(f"{key}, which is itself: name an earlier one, or drop it")
    loaded = load_study(name, storage_url)
    mine, other = spec.objectives.described, loaded.spec.objectives.described
    if mine != other:
        raise StudyError(f"{key}, whose objectives are {other}; those here are {mine}")
    if not set(loaded.spec.space.names) & set(spec.space.names):
        raise StudyError(f"{key}, which searched none of {', '.join(spec.space.names)}")
    return EarlierStudy.of(loaded.study, reading_of(loaded.spec))
