"""What the trials of a study teach: a process per objective, for the cost and for what can fail.

Notation: m objectives, p parameters, f features; n trials whose end is known or predicted.

    loss     (n, m) what the processes model, always minimised: log10 of a value if the objective
             is logarithmic, 1 - value if it is maximised (so that an accuracy becomes an error)
    cost     log of a trial's cost, from every trial that has ended, however it ended
    success  1 where a trial gave values, 0 where it failed or was given up without a forecast
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from paretune.pareto.dominance import nondominated
from paretune.samplers.acquisition import Boxes, reference_point, scattered
from paretune.samplers.encoding import EncodedSpace
from paretune.samplers.gp import GP
from paretune.samplers.reading import Reading

Floats = NDArray[np.float64]

# More points than this are thinned: half of them nearest to the front, half spread over the rest.
MAX_POINTS = 400
# Of more than three objectives the number of boxes grows steeply with the front.
MAX_FRONT = 80
# A process is fitted anew when its data have grown by this share, and else only conditioned.
REFIT_GROWTH = 0.15
# No region is written off for its failures alone.
LEAST_SUCCESS = 0.02


def with_parameters(study: Study) -> list[FrozenTrial]:
    """The trials that run or have ended, except those that never got so far as to have any."""
    states = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING)
    return [trial for trial in study.get_trials(deepcopy=False, states=states) if trial.params]


@dataclass(frozen=True)
class Model:
    """The processes, fitted, and the front as they see it."""

    space: EncodedSpace
    objectives: tuple[GP, ...]
    cost: GP | None
    constraints: tuple[GP, ...]  # of values that are feasible at 0 or less
    success: GP | None  # None while nothing has failed
    front: Floats  # (h, m) losses: of feasible trials, smoothed; and what running ones should reach
    parents: Floats  # (h, p) their unit rows
    reference: Floats  # (m,) losses beyond which nothing counts
    seen: Floats  # (n, p) unit rows that need not be run again

    def predict(self, features: Floats) -> tuple[Floats, Floats]:
        """Means and deviations (q, m) of the losses."""
        pairs = [gp.predict(features) for gp in self.objectives]
        return np.column_stack([p[0] for p in pairs]), np.column_stack([p[1] for p in pairs])

    def boxes(self) -> Boxes:
        """What would improve the front, below the reference point."""
        front = self.front
        if front.shape[1] > 3 and len(front) > MAX_FRONT:
            front = front[scattered(front, MAX_FRONT)]
        return Boxes.below(front, self.reference)


@dataclass
class Surrogates:
    """The models of one study, each begun from the one before. Shared by sampler and stopper.

    `declared` may name the whole space beforehand; else it is what the trials have shown of it.
    """

    reading: Reading
    declared: Mapping[str, BaseDistribution] = field(default_factory=dict)
    _thetas: dict[Any, tuple[int, Floats]] = field(default_factory=dict)
    _space: EncodedSpace | None = None  # the last one
    # What ended trials tell, by number, and the signature of the space in which they are encoded.
    _rows: dict[int, tuple[FrozenTrial, _Row]] = field(default_factory=dict)
    _encoded_in: Any = None
    # The last model with running trials (the sampler's), and the last without (the stopper's).
    _last: dict[bool, tuple[Any, Model | None]] = field(default_factory=dict)

    def distributions(self, trials: Sequence[FrozenTrial]) -> dict[str, BaseDistribution]:
        """The union of all parameters; the newest range of a name holds."""
        found = dict(self.declared)
        for trial in trials:
            found.update(trial.distributions)
        return found

    def space(
        self,
        trials: Sequence[FrozenTrial],
        distributions: Mapping[str, BaseDistribution] | None = None,
    ) -> EncodedSpace:
        """`distributions`, or those that `trials` have shown, encoded; with conditions learnt."""
        found = self.distributions(trials) if distributions is None else distributions
        self._space = EncodedSpace(found, [trial.params for trial in trials], self._space)
        return self._space

    def model(
        self, study: Study, space: EncodedSpace, trials: Sequence[FrozenTrial]
    ) -> Model | None:
        """What `trials` teach; None while none has given values.

        Running ones among them count as if they came out as predicted.
        """
        key = (space.signature, [(trial.number, trial.state) for trial in trials])
        running = any(not trial.state.is_finished() for trial in trials)
        if running not in self._last or self._last[running][0] != key:
            self._last[running] = (key, self._fit(study, space, trials))
        return self._last[running][1]

    def _fit(
        self, study: Study, space: EncodedSpace, trials: Sequence[FrozenTrial]
    ) -> Model | None:
        ended = [trial for trial in trials if trial.state.is_finished()]
        running = [space.encode(trial.params) for trial in trials if not trial.state.is_finished()]
        rows = [self._row(study, space, trial) for trial in ended]
        data = _Data.of(rows, running, len(study.directions), len(space.names))
        if len(data.losses) == 0:
            return None
        tops = _tops(data.losses[data.feasible] if data.feasible.any() else data.losses)
        losses = np.minimum(data.losses, tops)
        keep = _thin(losses)
        x = space.features(data.units[keep])
        losses, variances, feasible = losses[keep], data.variances[keep], data.feasible[keep]
        objectives = [
            self._process(("objective", j), x, losses[:, j], variances[:, j])
            for j in range(losses.shape[1])
        ]
        fitted = np.column_stack([gp.fitted for gp in objectives])
        told = data.told[keep]
        units = data.units[keep]
        sure = told & feasible
        front, parents = fitted[sure], units[sure]
        if len(data.pending):
            pending = space.features(data.pending)
            objectives = [
                _believe(gp, x, losses[:, j], variances[:, j], pending)
                for j, gp in enumerate(objectives)
            ]
            front = np.vstack([front, np.column_stack([g.predict(pending)[0] for g in objectives])])
            parents = np.vstack([parents, data.pending])
        best = nondominated(front)
        constraints = [
            self._process(("constraint", name), space.features(data.constrained[-MAX_POINTS:]), v)
            for name, v in data.constraints.items()
        ]
        return Model(
            space=space,
            objectives=tuple(objectives),
            cost=self._cost(space, data),
            constraints=tuple(constraints),
            success=self._success(space, data),
            front=front[best],
            parents=parents[best],
            reference=reference_point(front[best], losses),
            seen=np.vstack([data.ended, data.pending]),
        )

    def _row(self, study: Study, space: EncodedSpace, trial: FrozenTrial) -> _Row:
        """Read once: an ended trial does not change."""
        if self._encoded_in != space.signature:
            self._rows, self._encoded_in = {}, space.signature
        known, row = self._rows.get(trial.number, (None, None))
        if known is not trial or row is None:
            row = _Row.read(self.reading, study, space, trial)
            self._rows[trial.number] = (trial, row)
        return row

    def _cost(self, space: EncodedSpace, data: _Data) -> GP | None:
        if len(data.costs) == 0:
            return None
        x = space.features(data.costed[-MAX_POINTS:])
        return self._process("cost", x, np.log(data.costs[-MAX_POINTS:]))

    def _success(self, space: EncodedSpace, data: _Data) -> GP | None:
        if data.success.all():
            return None
        x = space.features(data.attempted[-MAX_POINTS:])
        return self._process("success", x, data.success[-MAX_POINTS:].astype(float))

    def _process(self, label: Any, x: Floats, values: Floats, variance: Floats | None = None) -> GP:
        variance = np.zeros(len(values)) if variance is None else variance
        key = (label, x.shape[1])
        fitted_at, theta = self._thetas.get(key, (0, None))
        if theta is not None and len(x) < (1 + REFIT_GROWTH) * fitted_at:
            return GP.condition(x, values, variance, theta)
        gp = GP.condition(x, values, variance, start=theta)
        self._thetas[key] = (len(x), gp.theta)
        return gp


def _believe(gp: GP, x: Floats, values: Floats, variance: Floats, pending: Floats) -> GP:
    """The process as it will be if the pending points come out as predicted: same mean, surer."""
    mean, _ = gp.predict(pending)
    return GP.condition(
        np.vstack([x, pending]),
        np.r_[values, mean],
        np.r_[variance, np.zeros(len(pending))],
        gp.theta,
    )


def feasible(trial: FrozenTrial) -> bool:
    """Does it meet every constraint that was told?"""
    return all(value <= 0 for value in trial.constraints.values())


# Unit row, loss, variance of the loss; is the loss the trial's own, is the trial feasible.
_Told = tuple[Floats, Floats, Floats, bool, bool]


@dataclass(frozen=True)
class _Row:
    """What one ended trial tells."""

    unit: Floats  # (p,)
    conclusive: bool = False
    cost: float | None = None
    told: Sequence[_Told] = ()
    success: bool = False
    constraints: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, reading: Reading, study: Study, space: EncodedSpace, trial: FrozenTrial) -> _Row:
        unit, m = space.encode(trial.params), len(study.directions)
        if not reading.conclusive(trial):
            return cls(unit)
        told: list[_Told] = []
        forecast = None
        if trial.state == TrialState.COMPLETE:
            good = feasible(trial)
            told.append((unit, reading.losses(study, trial.values), np.zeros(m), True, good))
            for params, values in reading.free(trial):
                row = space.encode({**trial.params, **params})
                told.append((row, reading.losses(study, values), np.zeros(m), True, good))
        else:
            forecast = reading.forecast(trial)
            if forecast is not None:
                variance = np.square(forecast.deviation)
                told.append((unit, np.array(forecast.mean), variance, False, True))
        return cls(
            unit,
            conclusive=True,
            cost=reading.cost(trial),
            told=told,
            success=trial.state == TrialState.COMPLETE or forecast is not None,
            constraints=trial.constraints,
        )


@dataclass(frozen=True)
class _Data:
    """The trials as arrays."""

    units: Floats  # (n, p)
    losses: Floats  # (n, m)
    variances: Floats  # (n, m) of the losses, where they are forecasts
    told: NDArray[np.bool_]  # (n,) a trial's own values: not a forecast
    feasible: NDArray[np.bool_]  # (n,)
    costed: Floats  # (n_cost, p)
    costs: Floats  # (n_cost,)
    ended: Floats  # (n_ended, p)
    attempted: Floats  # (n_conclusive, p)
    success: NDArray[np.bool_]  # (n_conclusive,)
    constrained: Floats  # (n_constrained, p)
    constraints: dict[str, Floats]  # name -> (n_constrained,)
    pending: Floats  # (n_running, p)

    @classmethod
    def of(cls, rows: Sequence[_Row], running: Sequence[Floats], m: int, p: int) -> _Data:
        """Of ended trials and the unit rows of running ones: m objectives, p parameters."""
        conclusive = [row for row in rows if row.conclusive]
        told = [each for row in conclusive for each in row.told]
        paid = [(row.unit, row.cost) for row in conclusive if row.cost is not None and row.cost > 0]
        constrained = [row for row in conclusive if row.constraints]
        return cls(
            units=np.array([t[0] for t in told]).reshape(-1, p),
            losses=np.array([t[1] for t in told]).reshape(-1, m),
            variances=np.array([t[2] for t in told]).reshape(-1, m),
            told=np.array([t[3] for t in told], dtype=bool),
            feasible=np.array([t[4] for t in told], dtype=bool),
            costed=np.array([unit for unit, _ in paid]).reshape(-1, p),
            costs=np.array([cost for _, cost in paid]),
            ended=np.array([row.unit for row in rows]).reshape(-1, p),
            attempted=np.array([row.unit for row in conclusive]).reshape(-1, p),
            success=np.array([row.success for row in conclusive], dtype=bool),
            constrained=np.array([row.unit for row in constrained]).reshape(-1, p),
            constraints=_violations([row.constraints for row in constrained]),
            pending=np.array(running).reshape(-1, p),
        )


def _violations(told: Sequence[Mapping[str, float]]) -> dict[str, Floats]:
    """Name -> (n,) of each distinct constraint, none shown as worse than needed.

    How badly a bound is broken is of no use to anyone: beyond how well it is kept at best, or the
    median, it is cut off. A trial that does not report a constraint is taken to be at its border.
    """
    found: dict[str, Floats] = {}
    names = {name for values in told for name in values}
    # Optuna numbers the constraints of its older form: a name comes before its number.
    for name in sorted(names, key=lambda name: (name.isdigit(), name)):
        column = np.array([values.get(name, 0.0) for values in told])
        shown = np.minimum(column, max(-column.min(), float(np.median(np.abs(column)))))
        if not any(np.array_equal(shown, other) for other in found.values()):
            found[name] = shown
    return {name: shown[-MAX_POINTS:] for name, shown in found.items()}


def _tops(losses: Floats) -> Floats:
    """(m,) no loss need be modelled beyond: how bad a bad trial is is of no use to anyone."""
    finite = np.where(np.isfinite(losses), losses, np.nan)
    best = np.nan_to_num(np.nanmin(finite, axis=0))
    front = losses[nondominated(np.nan_to_num(losses))]  # an infinity is a very large number
    worst = np.where(np.isfinite(front), front, -np.inf).max(0)
    top = np.maximum(worst, np.nan_to_num(np.nanmedian(finite, axis=0)))
    spread = np.where(top > best, top - best, 1.0)
    return np.asarray(top + 0.5 * spread)


def _thin(losses: Floats) -> NDArray[np.intp]:
    """Indices of at most MAX_POINTS rows, ascending."""
    n = len(losses)
    if n <= MAX_POINTS:
        return np.arange(n)
    scaled = (losses - losses.min(0)) / np.maximum(np.ptp(losses, axis=0), 1e-12)
    front = scaled[nondominated(scaled)]
    behind = (scaled[:, None] - front).max(2).min(1)  # additive epsilon to the front
    order = np.argsort(behind, kind="stable")
    near, rest = order[: MAX_POINTS // 2], np.sort(order[MAX_POINTS // 2 :])
    spread = rest[np.linspace(0, len(rest) - 1, MAX_POINTS - len(near)).astype(int)]
    return np.sort(np.concatenate([near, spread]))
