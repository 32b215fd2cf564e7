"""The predictor for a study that is only planned, or one that has run: what all trials teach."""

from __future__ import annotations

import contextlib
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna

from paretune.errors import SpaceError, SpecError
from paretune.execute.warm_client import WarmClient
from paretune.inputs.toml_files import find
from paretune.measure.devices import largest_lease
from paretune.measure.discovery import discover
from paretune.money.learned_costs import observations
from paretune.optuna_internals import storage_of
from paretune.predict.prediction_guard import PredictionGuard
from paretune.predict.predictor import Counts, Predictor
from paretune.space.points import completed, draw, middle
from paretune.spec.prices import Prices
from paretune.spec.study_spec import StudySpec
from paretune.study.spending.earlier_trials import earlier_observations, is_alike
from paretune.study.storage.load_study import LoadedStudy, load_study
from paretune.study.storage.open_storage import open_address
from paretune.study.storage.retry import retry_locked
from paretune.study.storage.storage_address import StorageAddress
from paretune.study.stored_trials import study_marks
from paretune.trial.configuration import Configuration
from paretune.trial.prediction import Estimate, Observation, Prediction

_DRAWN = 200  # configurations that stand for a whole study
_ALIKE = 0.5  # correlation of the errors of two trials' predictions: one model makes them all


@dataclass(frozen=True)
class StudyForecast:
    """A study, as far as its cost is concerned."""

    spec: StudySpec
    device_kind: str
    devices: int
    observations: Sequence[Observation]
    predictor: Predictor
    prices: Prices
    ended: int = 0  # trials of the study itself
    # What the trainable counts of a configuration; asked only while nothing has been learnt.
    count: Callable[[Mapping[str, Any]], Counts | None] = lambda params: None
    code: Mapping[str, str] = field(default_factory=dict)  # versions of code and data, if known
    guard: PredictionGuard = field(default_factory=PredictionGuard)

    def predict(self, params: Mapping[str, Any]) -> Prediction:
        """Of a complete configuration, [train] included."""
        counts = None if self.predictor.observations else self.count(params)
        return self.guard.predict(self.predictor, params, counts=counts)

    def configuration(
        self, changes: Mapping[str, Any], base: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """`base` (else the first baseline, else the middle of the space) with the changes.

        [train] is included. Raises SpaceError for what the space does not have.
        """
        space = self.spec.space
        point = middle(space, self.devices)
        if base:
            point |= base
        elif self.spec.baselines:
            point |= self.spec.baselines[0]
        problems = space.check_point(changes, None)
        conditional = [p for p in problems if "only searched where" not in p]
        if conditional:
            raise SpaceError(f"space {self.spec.space_name}", conditional)
        return completed(space, self.spec.configure({**point, **changes}).params, self.devices)

    def whole(self, trials: int, rng: np.random.Generator) -> Estimate:
        """GPU-seconds of so many trials drawn at random: what the search would pay."""
        each: list[Prediction] = []
        for _ in range(_DRAWN):
            point = self.spec.configure(draw(self.spec.space, rng, self.devices))
            each.append(self.predict(point.params))
        parts = [p.figures["spent_gpu_seconds"] for p in each]
        means = np.array([part.mean for part in parts])
        deviations = means * np.array([math.sqrt(math.expm1(p.log_deviation**2)) for p in parts])
        mean = trials * means.mean()
        drawn = trials * means.var()  # which configurations it will be
        model = (
            trials * (deviations**2).mean() * (1 - _ALIKE)
            + _ALIKE * (trials * deviations.mean()) ** 2
        )
        log_variance = math.log1p((drawn + model) / mean**2)
        return Estimate(math.log(mean) - log_variance / 2, math.sqrt(log_variance))


def forecast_of(loaded: LoadedStudy, spec: StudySpec | None = None) -> StudyForecast:
    """Of a study in the storage; `spec` is what it will go on as, where that is another one."""
    spec, kind = spec or loaded.spec, loaded.device_kind
    code = loaded.study.user_attrs.get(study_marks.CODE, {})
    storage = storage_of(loaded.study)
    earlier = retry_locked(lambda: earlier_observations(storage, spec, kind, code))
    own = [o for o in observations(loaded.records, loaded.spec) if spec.space.holds(o.params)]
    known = [*earlier, *own]
    counts = [Configuration(o.params).gpu_count for o in known]
    devices = max([*counts, *_devices(kind)], default=1)
    guard = PredictionGuard()
    return StudyForecast(
        spec=spec,
        device_kind=kind,
        devices=devices,
        observations=known,
        predictor=guard.learn(spec.space, devices, own, earlier),
        prices=loaded.spec.prices if spec.prices == Prices() else spec.prices,
        ended=sum(record.status is not None for record in loaded.records),
        code=code,
        guard=guard,
    )


def forecast(name: str, storage_url: str | None) -> StudyForecast:
    """Of a study file, with whatever its like in the storage has taught; or of a stored study.

    Raises SpecError where there is neither.
    """
    if not _is_study_file(name) and name in _stored(storage_url):
        return forecast_of(load_study(name, storage_url))
    return forecast_for(StudySpec.load(name), storage_url)


def forecast_for(spec: StudySpec, storage_url: str | None) -> StudyForecast:
    """Of a study, with whatever it and its like in the storage have taught."""
    stored = _stored(storage_url)
    if spec.name in stored:
        loaded = load_study(spec.name, storage_url)
        if is_alike(loaded.study.user_attrs, spec):
            return forecast_of(loaded, spec)
    found = discover()
    kind = found[0].kind
    known: list[Observation] = []
    if stored:
        there = open_address(StorageAddress.of(storage_url), create=False)
        known = retry_locked(lambda: earlier_observations(there, spec, kind))
    devices = largest_lease(found)
    guard = PredictionGuard()
    predictor = guard.learn(spec.space, devices, known)
    return StudyForecast(spec, kind, devices, known, predictor, spec.prices, guard=guard)


def _stored(storage_url: str | None) -> set[str]:
    """The names of the studies in the storage; none where it is not there yet."""
    address = StorageAddress.of(storage_url)
    if not address.exists:
        return set()
    opened = open_address(address, create=False)
    return set(retry_locked(lambda: optuna.get_all_study_names(opened)))


@contextlib.contextmanager
def counting(known: StudyForecast) -> Iterator[StudyForecast]:
    """The forecast, able to count where nothing has been learnt: with the trainable at hand.

    Raises TrainableError or DataError where that cannot be loaded.
    """
    if known.predictor.observations:
        yield known
        return
    spec = known.spec
    with tempfile.TemporaryDirectory(prefix="paretune-count-") as folder:
        parent = WarmClient(
            spec.trainable, spec.search_path or None, spec.data, Path(folder) / "worker.log"
        )
        try:
            parent.wait_until_ready()
            yield replace(known, count=parent.count)
        finally:
            parent.close()


def _is_study_file(name: str) -> bool:
    try:
        find("studies", name)
    except SpecError:
        return False
    return True


def _devices(kind: str) -> list[int]:
    found = discover()
    return [largest_lease(found)] if found[0].kind == kind else []
