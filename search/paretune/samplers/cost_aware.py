"""The cost-aware sampler: where to look next, when a look has a price.

A few cheap trials far from each other, beginning with the centre of the space (CArBO,
arXiv 2003.10870); then always the point with the highest expected hypervolume improvement per
expected cost (candidate_score.py), sought across the space, around the front, and uphill from the
best.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from paretune.samplers.candidate_score import CandidateScore, climb
from paretune.samplers.encoding import EncodedSpace
from paretune.samplers.expected_gain import gain
from paretune.samplers.reading import Offer, Reading
from paretune.samplers.seeding import stream_seed
from paretune.samplers.surrogate import Model, Surrogates, with_parameters
from paretune.samplers.warm_start import EarlierStudy, WarmStart

Floats = NDArray[np.float64]

ACROSS, AROUND = 400, 400  # candidates over the whole space, and around the front
AFFORDED = 200  # candidates that are asked about until one fits what is left to spend
OFFERED = 800  # of the configurations that are cheaper than they look
# An offer has to pay so many times better than another look: it will still be there when that has
# shown whether it is needed, and it teaches less.
OFFER_MARGIN = 2.0
CLIMBS = 10  # the best of them are climbed from
SLOPE, RESIDUAL = 2.5, 0.8  # of log cost, before and beside a linear fit
WIDEST = 0.4  # the widest mutation of a front member, as a share of the range


class CostAwareSampler(BaseSampler):
    """Suggests where the front should grow most for what the trial will cost.

    For any Optuna study of one to five objectives. A study of Paretune calls `bind`; in a study
    of Optuna's, tell it where a trial's cost is:

    Args:
        seed: Fixes the suggestions; None leaves them to chance. A second process of a study, and
            one that goes on with it, draw others from the same seed.
        cost: What an ended trial has cost, in any unit (seconds, dollars): the name of the user
            attribute that holds it, or a function of the trial, which may return None where it is
            not known. Without it all trials are taken to cost the same.
        logarithmic: For each objective whether its values are compared by their ratio (a time, a
            size) rather than their difference (an accuracy). By default none is.
        limit: The most that the next trial may cost, in the unit of `cost`: a function of the
            study, such as the budget that is left. By default there is no limit.
        startup: Number of cheap trials, far from each other, before the model takes over.
        space: The whole space, by parameter. By default the trials teach it, and a parameter that
            was never seen is put in the middle of its range.
        earlier_studies: Earlier ones of the same objectives, whose fronts are tried early as far as
            what was seen bears them out (warm_start.py).
        reading: More that may be read off a trial; `cost` and `logarithmic` come before it.

    Attributes:
        expected_gain: Share by which the front's hypervolume should grow if as much is spent
            again, as of the last suggestion (expected_gain.py); None before there is a front.
        surrogates: The models of the objectives, the cost and the constraints.

    Constraints are those of `Trial.set_constraint`: more than 0 breaks one. A failed trial
    (`TrialState.FAIL`) teaches where trials fail.

    Example:
        >>> import optuna
        >>> optuna.logging.set_verbosity(optuna.logging.ERROR)
        >>> def objective(trial):
        ...     width = trial.suggest_int("width", 8, 512, log=True)
        ...     seconds = width / 100  # measured, in a study of your own
        ...     trial.set_user_attr("seconds", seconds)
        ...     return 1 / width, seconds
        >>> sampler = CostAwareSampler(seed=0, cost="seconds", logarithmic=[False, True])
        >>> study = optuna.create_study(directions=["minimize"] * 2, sampler=sampler)
        >>> study.optimize(objective, n_trials=12)
        >>> sum(trial.user_attrs["seconds"] for trial in study.trials) < 12 * 2.6
        True
    """

    def __init__(
        self,
        seed: int | None = None,
        *,
        cost: str | Callable[[FrozenTrial], float | None] | None = None,
        logarithmic: Sequence[bool] | None = None,
        limit: Callable[[Study], float] = lambda study: np.inf,
        startup: int = 4,
        space: Mapping[str, BaseDistribution] | None = None,
        earlier_studies: Sequence[EarlierStudy] = (),
        reading: Reading | None = None,
    ) -> None:
        reading = reading or Reading()
        if isinstance(cost, str):
            reading = replace(reading, cost=lambda trial: trial.user_attrs.get(cost))
        elif cost is not None:
            reading = replace(reading, cost=cost)
        if logarithmic is not None:
            reading = replace(reading, logarithmic=tuple(logarithmic))
        self._seed = seed
        self._startup = startup
        self._rng: np.random.Generator | None = None  # begun with the first trial (seeding.py)
        self.bind(reading, limit=limit, space=space, earlier_studies=earlier_studies)

    def bind(
        self,
        reading: Reading,
        *,
        limit: Callable[[Study], float],
        space: Mapping[str, BaseDistribution] | None,
        earlier_studies: Sequence[EarlierStudy],
    ) -> None:
        """See `capabilities.ReadsCosts`; what the constructor was told of these is replaced."""
        self.surrogates = Surrogates(reading, space or {})
        self.expected_gain: float | None = None
        self._limit = limit
        self._warm_start = WarmStart(earlier_studies)

    def reseed_rng(self) -> None:
        self._rng = np.random.default_rng()

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        if self._rng is None:
            self._rng = np.random.default_rng(stream_seed(self._seed, study, trial))

    @property
    def _random(self) -> np.random.Generator:
        if self._rng is None:
            self._rng = np.random.default_rng(self._seed)
        return self._rng

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self.surrogates.distributions(self._trials(study, trial))

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        self.expected_gain = None
        if not search_space:
            return {}
        trials = self._trials(study, trial)
        space = self.surrogates.space(trials, search_space)
        ended = [t for t in trials if t.state.is_finished()]
        model = None
        if len(ended) >= self._startup:
            told = self._warm_start_point(study, space, trials)
            if told is not None:
                return space.decode(told)
            model = self.surrogates.model(study, space, trials)
        if model is None:
            return space.decode(self._start(space, trials))
        return self._propose(study, space, model, trials)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        space = EncodedSpace({param_name: param_distribution})
        known = any(param_name in other.params for other in self._trials(study, trial))
        unit = space.random(self._random, 1)[0] if known else space.centre()
        return space.decode(unit)[param_name]

    def _trials(self, study: Study, trial: FrozenTrial) -> list[FrozenTrial]:
        return [other for other in with_parameters(study) if other.number != trial.number]

    def _start(self, space: EncodedSpace, trials: Sequence[FrozenTrial]) -> Floats:
        """Cheap and far from what was seen; the centre if nothing was."""
        if not trials:
            return space.centre()
        seen = np.array([space.encode(trial.params) for trial in trials])
        candidates = space.random(self._random, 64)
        x, x_seen = space.features(candidates), space.features(seen)
        distance = np.sqrt(((x[:, None] - x_seen) ** 2).sum(2)).min(1)
        log_cost = self._early_log_cost(space, candidates, trials)
        return np.asarray(candidates[np.argmax(np.log(distance + 1e-9) - log_cost)])

    def _warm_start_point(
        self, study: Study, space: EncodedSpace, trials: Sequence[FrozenTrial]
    ) -> Floats | None:
        """What an earlier study suggests, if it is to be believed."""
        if not self._warm_start:
            return None
        done = [trial for trial in trials if trial.state == TrialState.COMPLETE]
        reading, width = self.surrogates.reading, len(space.names)
        return self._warm_start.next(
            space,
            np.array([space.encode(trial.params) for trial in trials]).reshape(-1, width),
            np.array([space.encode(trial.params) for trial in done]).reshape(-1, width),
            np.array([reading.losses(study, trial.values) for trial in done]),
        )

    def _early_log_cost(
        self, space: EncodedSpace, candidates: Floats, trials: Sequence[FrozenTrial]
    ) -> Floats:
        """(q,) what the first trials will cost: as somebody knows, or as a line may lie."""
        reading = self.surrogates.reading
        expected = [reading.expected_cost(space.decode(unit)) for unit in candidates]
        if all(cost is not None and cost > 0 for cost in expected):
            return np.asarray(np.log(np.array(expected, dtype=float)))
        paid = [(trial, cost) for trial in trials if (cost := reading.cost(trial))]
        if not paid:
            return np.zeros(len(candidates))
        known = space.features(np.array([space.encode(trial.params) for trial, _ in paid]))
        costs = np.array([cost for _, cost in paid])
        return _expected_log_cost(space.features(candidates), known, np.log(costs))

    def _propose(
        self, study: Study, space: EncodedSpace, model: Model, trials: Sequence[FrozenTrial]
    ) -> dict[str, Any]:
        score = CandidateScore(model, self._limit(study))
        parents = model.parents if len(model.parents) else model.seen
        chosen = parents[self._random.integers(len(parents), size=AROUND)]
        candidates = np.vstack(
            [space.random(self._random, ACROSS), space.mutate(self._random, chosen, WIDEST)]
        )
        values = score(space.features(candidates))
        starts = candidates[np.argsort(-values)[:CLIMBS]]
        active = space.active(starts)
        climbed = climb(score, space.features(starts, active), space.movable(active))
        tops = space.snap(space.with_features(starts, climbed, active))
        offers = self._offers(study)
        offered = np.array([space.encode(offer.params) for offer in offers])
        costs = np.array([offer.cost for offer in offers])
        own = len(candidates) + len(tops)
        candidates = np.vstack([candidates, tops, offered.reshape(-1, tops.shape[1])])
        values = np.r_[values, score(space.features(tops))]
        if offers:
            waiting = score(space.features(offered), np.log(costs)) - np.log(OFFER_MARGIN)
            values = np.r_[values, waiting]

        def params_of(index: int) -> dict[str, Any]:
            # An offer to the last digit, lest what it shares is not recognised.
            offered = index >= own
            return dict(offers[index - own].params) if offered else space.decode(candidates[index])

        reading = self.surrogates.reading
        index = self._best(space.features(candidates), np.argsort(-values), model, params_of)
        self.expected_gain = gain(score, float(values[index]), reading, trials)
        return params_of(index)

    def _best(
        self,
        features: Floats,  # (q, f)
        order: NDArray[np.intp],  # (q,) the best candidate first
        model: Model,
        params_of: Callable[[int], dict[str, Any]],
    ) -> int:
        """The best candidate that has not run and fits what may be spent; else the best fresh one.

        What was run once need not be run again, unless there is nothing else.
        """
        seen = model.space.features(model.seen)
        fresh: list[int] = []
        for index in order:
            if np.abs(features[index] - seen).max(1).min() <= 1e-9:
                continue
            if self.surrogates.reading.fits(params_of(index)):
                return int(index)
            fresh.append(int(index))
            if len(fresh) == AFFORDED:
                break
        return fresh[0] if fresh else int(order[0])

    def _offers(self, study: Study) -> Sequence[Offer]:
        offers = self.surrogates.reading.offers(study)
        if len(offers) <= OFFERED:
            return offers
        chosen = self._random.choice(len(offers), OFFERED, replace=False)
        return [offers[index] for index in chosen]


def _expected_log_cost(x: Floats, known: Floats, log_cost: Floats) -> Floats:
    """(q,) log E[cost] by Bayesian linear regression of log cost, up to a constant.

    A few trials cannot tell slopes, but the prior knows what an unknown slope may do: far from
    what was paid for, a trial may be very dear. `SLOPE` is its deviation over a whole range.
    """
    middle = known - known.mean(0)
    precision = middle.T @ middle / RESIDUAL**2 + np.eye(x.shape[1]) / SLOPE**2
    away = x - known.mean(0)
    solved = np.linalg.solve(precision, away.T)  # (f, q)
    mean = (middle.T @ (log_cost - log_cost.mean()) / RESIDUAL**2) @ solved
    return np.asarray(mean + 0.5 * (away.T * solved).sum(0))
