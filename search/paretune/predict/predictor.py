"""Predicts what a configuration costs, from the trials that have run.

    gpu_seconds        = sum of the phases that the configuration has, each a `Curve` of its own:
                         training grows with epochs and width, a conversion with neither
    spent_gpu_seconds  = overhead + the phases that the store does not have
    peak_memory_mib, model_kib, ... each a `Curve`

A trial that ran out of memory enters the memory model as one that needed more than any trial was
ever seen to have.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from paretune.predict.disturbance import timed, usual_disturbance
from paretune.predict.features import EPOCHS, TRAINING, Features, Kind, kind_of
from paretune.predict.floor_curve import MEMORY_FLOORS, NO_FLOOR, SIZE_FLOORS, Curve, Datum
from paretune.predict.phase_presence import Presence
from paretune.predict.regression import Floats, guess
from paretune.space.search_space import Space
from paretune.trial.prediction import (
    BARE,
    OVERHEAD,
    TOGETHER,
    TRAINED,
    UNTRAINED,
    Basis,
    Estimate,
    Observation,
    Prediction,
    total,
)

# Figures that a configuration has before it is good or bad: what it takes, not what it is worth.
FIGURES = ("peak_memory_mib", "total_memory_mib", "model_kib", "model_kib_compressed", "energy_j")
MEMORY = "peak_memory_mib"
_OVERHEADS = (TRAINED, UNTRAINED, BARE)

Counts = Mapping[str, float]  # such as {"parameters": 93_322, "multiply_adds": 2_800_000}

# Before anything has run: half a minute of training, give or take a factor of ten.
_GUESS_SECONDS, _GUESS_DEVIATION = 30.0, 1.8
# With counts: operations per second and device of a small network in training, kind unknown.
_OPERATIONS_PER_SECOND, _COUNTED_DEVIATION = 5e10, 1.2
_FORWARD_AND_BACKWARD = 6.0  # operations per multiply-add: two forward, four backward
_FRAMING_KIB = 4.0  # of a model file, beside its weights
_ELSEWHERE = 0.5  # deviation between the two kinds of overhead
# What ran out of memory needed so much more than there was, at a guess.
_SHORTFALL, _SHORTFALL_VARIANCE = 1.25, 0.2**2
_COLD_EPOCHS = (0.0, 1.0, 2.0, 4.0, 8.0)
_FLOORS: Mapping[Kind, Mapping[float, float]] = {"memory": MEMORY_FLOORS, "size": SIZE_FLOORS}
_REFIT_GROWTH = 0.15  # hyperparameters are searched anew when the data have grown so much


@dataclass(frozen=True)
class Ahead:
    """What of a configuration would really run: by stage, the share that is not in the store."""

    shares: Mapping[str, float]

    @property
    def is_all(self) -> bool:
        """Is nothing stored?"""
        return all(share == 1 for share in self.shares.values())


@dataclass
class Predictor:
    """Fitted models; `learn` makes them, `predict` asks them."""

    features: Features
    observations: int = 0  # completed trials
    now: float = 0.0  # the order of the trial that comes next
    phases: dict[str, Curve] = field(default_factory=dict)
    presence: dict[str, Presence] = field(default_factory=dict)
    overhead: dict[str, Curve] = field(default_factory=dict)
    figures: dict[str, Curve] = field(default_factory=dict)
    # The most memory that a trial was seen to have once another had run out of it; else infinite.
    capacity_mib: float = math.inf
    _fitted_at: dict[str, int] = field(default_factory=dict)

    @classmethod
    def learn(
        cls,
        space: Space,
        devices: int,
        observations: Sequence[Observation],
        *,
        before: Predictor | None = None,
        capacity_mib: float | None = None,
    ) -> Predictor:
        """Fit every model there are data for.

        `before` is an earlier predictor of the same space, whose hyperparameters are a good start;
        `capacity_mib` is the memory of a device, where it is known.
        """
        trained = sum("train" in o.phases for o in observations)
        features = Features(space, devices)
        if before is not None and trained < (1 + _REFIT_GROWTH) * before._fitted_at.get(EPOCHS, 0):
            features = Features(space, devices, before.features.cold_epochs)
            trained = before._fitted_at[EPOCHS]
        elif trained and EPOCHS in space.names:
            features = _with_cold_start(space, devices, observations)
        if before is not None and before.features.width != features.width:
            before = None
        made = cls(features)
        made._fitted_at[EPOCHS] = trained
        rows = [features.row(o.params) for o in observations]
        complete = [(row, o) for row, o in zip(rows, observations, strict=True) if o.phases]
        made.observations = len(complete)
        usual = usual_disturbance([o for _, o in complete])
        made.now = max((o.order for o in observations), default=-1.0) + 1
        names = dict.fromkeys(name for _, o in complete for name in o.phases)
        for name in names:
            points = [
                timed(row, o, o.phases[name], usual) for row, o in complete if name in o.phases
            ]
            kind: Kind = "training" if name in TRAINING else "work"
            made._fit(made.phases, name, points, kind, before)
            having = [o.params for _, o in complete if name in o.phases]
            lacking = [o.params for _, o in complete if name not in o.phases]
            made.presence[name] = Presence.learn(space, having, lacking)
        for name in _OVERHEADS:
            points = [
                timed(row, o, o.overhead[name], usual) for row, o in complete if name in o.overhead
            ]
            made._fit(made.overhead, name, points, "overhead", before)
        for name in FIGURES:
            points = [Datum(r, o.figures[name], o.order) for r, o in complete if name in o.figures]
            if name != MEMORY:
                made._fit(made.figures, name, points, kind_of(name), before)
        made._fit_memory(list(zip(rows, observations, strict=True)), before, capacity_mib)
        return made

    def predict(
        self,
        params: Mapping[str, Any],
        ahead: Ahead | None = None,
        counts: Counts | None = None,
        figures: Collection[str] = FIGURES,
    ) -> Prediction:
        """What the configuration will come to. `ahead` None: everything would run.

        `counts` are the trainable's own, and used while nothing has been learnt; `figures` are
        those that are wanted beside GPU-seconds.
        """
        row = self.features.row(params)
        if not self.observations:
            return self._guess(row[None], params, counts)
        phases = self.by_phase(params, ahead)
        found: dict[str, Estimate] = {}
        whole = total(phases.values(), TOGETHER)
        if whole is not None:
            found["gpu_seconds"] = whole
        shares = {} if ahead is None else ahead.shares
        rest = {n: e.scaled(s) for n, e in phases.items() if (s := shares.get(n, 1.0)) > 0}
        trains = any(phase in TRAINING for phase in rest) or ahead is None or ahead.is_all
        overhead = self._overhead(row, trains=trains)
        if overhead is not None:
            rest[OVERHEAD] = overhead
        spent = total(rest.values(), TOGETHER)
        if spent is not None:
            found["spent_gpu_seconds"] = spent
        for name, curve in self.figures.items():
            if name in figures:
                found[name] = curve.ask(row, self.now)
        return Prediction(found, Basis.LEARNED, self.observations, rest)

    def _overhead(self, row: Floats, *, trains: bool) -> Estimate | None:
        known = self.overhead.get(TRAINED if trains else UNTRAINED)
        if known is not None:
            return known.ask(row, self.now)
        alike = self.overhead.get(UNTRAINED if trains else BARE)
        if alike is None:
            return None
        estimate = alike.ask(row, self.now)
        return Estimate(estimate.log_mean, math.hypot(estimate.log_deviation, _ELSEWHERE))

    def by_phase(
        self,
        params: Mapping[str, Any],
        ahead: Ahead | None = None,
    ) -> dict[str, Estimate]:
        """GPU-seconds of each phase of the configuration, run in full."""
        row = self.features.row(params)
        parts: dict[str, Estimate] = {}
        for name, curve in self.phases.items():
            chance = self.presence[name].chance(params)
            if ahead is not None and ahead.shares:
                chance = float(name in ahead.shares)
            if chance > 0:
                parts[name] = curve.ask(row, self.now).scaled(chance)
        return parts

    def chance_of_fitting(self, prediction: Prediction) -> float:
        """How likely the configuration finds the memory it needs."""
        need = prediction.figures.get(MEMORY)
        return 1.0 if need is None else 1 - need.chance_above(self.capacity_mib)

    def _fit(
        self,
        where: dict[str, Curve],
        name: str,
        points: Sequence[Datum],
        kind: Kind,
        before: Predictor | None,
    ) -> None:
        if not points:
            return
        earlier, fresh = None, len(points)
        if before is not None:
            earlier = {**before.phases, **before.overhead, **before.figures}.get(name)
            fitted_at = before._fitted_at.get(name, 0)
            if earlier is not None and len(points) < (1 + _REFIT_GROWTH) * fitted_at:
                fresh = fitted_at
        where[name] = Curve.fit(
            points,
            self.features.prior(kind),
            floors=_FLOORS.get(kind, NO_FLOOR),
            before=earlier,
            search=earlier is None or fresh == len(points),
        )
        self._fitted_at[name] = fresh

    def _fit_memory(
        self,
        pairs: Sequence[tuple[Floats, Observation]],
        before: Predictor | None,
        capacity_mib: float | None,
    ) -> None:
        seen = [o.figures[MEMORY] for _, o in pairs if MEMORY in o.figures]
        points = [
            Datum(row, o.figures[MEMORY], o.order)
            for row, o in pairs
            if o.phases and MEMORY in o.figures
        ]
        short = [(row, o.order) for row, o in pairs if o.out_of_memory]
        if capacity_mib is not None:
            self.capacity_mib = capacity_mib
        elif short and seen:
            self.capacity_mib = max(seen)
        if short and math.isfinite(self.capacity_mib):
            self._fit(self.figures, MEMORY, points, "memory", before)
            curve = self.figures.pop(MEMORY, None)
            for row, order in short:
                need = self.capacity_mib * _SHORTFALL
                if curve is not None:
                    need = max(need, curve.ask(row, order).median)
                points.append(Datum(row, need, order, _SHORTFALL_VARIANCE, measured=False))
        self._fit(self.figures, MEMORY, points, "memory", before)

    def _guess(self, row: Floats, params: Mapping[str, Any], counts: Counts | None) -> Prediction:
        """Before any trial: what can be counted, else a wide guess; marked as what it is."""
        counts = counts or {}
        work = counts.get("multiply_adds")
        prior = self.features.prior("training")
        if work is None:
            mean, deviation = guess(row, math.log(_GUESS_SECONDS), prior, _GUESS_DEVIATION)
            seconds = Estimate(float(mean[0]), float(deviation[0]))
        else:
            steps = counts.get("examples", 1.0) * float(params.get("epochs", 1))
            operations = _FORWARD_AND_BACKWARD * work * steps
            level = math.log(max(operations, 1.0) / _OPERATIONS_PER_SECOND)
            seconds = Estimate(level, _COUNTED_DEVIATION)
        figures = {"gpu_seconds": seconds, "spent_gpu_seconds": seconds}
        weights = counts.get("parameters")
        if weights is not None:
            kib = weights * float(params.get("bits", 32)) / 8 / 1024 + _FRAMING_KIB
            figures["model_kib"] = Estimate(math.log(kib), 0.15)
        return Prediction(figures, Basis.GUESSED if work is None else Basis.COUNTED)


def _with_cold_start(space: Space, devices: int, observations: Sequence[Observation]) -> Features:
    """The features under which the training's cost is the straightest."""
    best, found = -math.inf, Features(space, devices)
    trained = [o for o in observations if "train" in o.phases]
    usual = usual_disturbance(trained)
    for cold in _COLD_EPOCHS:
        features = Features(space, devices, cold)
        data = [timed(features.row(o.params), o, o.phases["train"], usual) for o in trained]
        curve = Curve.fit(data, features.prior("training"))
        if curve.line.evidence > best:
            best, found = curve.line.evidence, features
    return found
