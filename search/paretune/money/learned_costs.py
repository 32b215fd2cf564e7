"""The predictor of a running study: what its trials have taught, and what it says of the next.

A prediction is written with the trial before it runs, so that it can be held against what was
measured.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from paretune.measure.devices import Device, largest_lease
from paretune.predict.prediction_guard import PredictionGuard
from paretune.predict.predictor import FIGURES, Ahead, Counts, Predictor
from paretune.spec.study_spec import StudySpec
from paretune.stages.stage_keys import PlannedStage
from paretune.stages.stage_store import StageStore
from paretune.trial.configuration import Configuration
from paretune.trial.outcome import Status
from paretune.trial.prediction import Observation, Prediction
from paretune.trial.record import TrialRecord

# The newest observations that are learnt from. A curve is fitted to fewer (regression.NEWEST): what
# more of them tell is which phases a configuration has.
LEARNED = 1_000


def observation(record: TrialRecord, spec: StudySpec, order: float) -> Observation | None:
    """What a trial teaches; None while it teaches nothing."""
    params = spec.configure(record.params).params
    if record.status is Status.OUT_OF_MEMORY:
        return Observation(params, {}, figures=record.metrics, order=order, out_of_memory=True)
    if record.status is not Status.COMPLETED:
        return None
    return Observation.of(
        params, ran=record.phases, reused=record.reused, figures=record.metrics, order=order
    )


def observations(
    found: Sequence[TrialRecord], spec: StudySpec, begin: float = 0.0
) -> list[Observation]:
    """Of a study's trials, in order, the newest LEARNED; the first trial's order is `begin`."""
    newest_first = (observation(r, spec, begin + r.number) for r in reversed(found))
    return list(islice((o for o in newest_first if o is not None), LEARNED))[::-1]


def ahead_of(planned: Sequence[PlannedStage], store: StageStore | None) -> Ahead | None:
    """What of a planned configuration would run; None where there is no plan."""
    if not planned:
        return None
    shares = {}
    for stage in planned:
        shares[stage.name] = 1.0
        if store is None or not stage.stored:
            continue
        if store.has(stage.key):
            shares[stage.name] = 0.0
            continue
        reached = max((value for value, key in stage.prefixes if store.has(key)), default=0)
        if reached:  # of the whole, which lies one step beyond the longest prefix
            shares[stage.name] = 1 - reached / (stage.prefixes[-1][0] + stage.prefixes[0][0])
    return Ahead(shares)


@dataclass
class LearnedCosts:
    """Learnt anew when trials have ended."""

    spec: StudySpec
    devices: Sequence[Device]
    store: StageStore | None = None
    earlier: Sequence[Observation] = ()
    count: Callable[[Mapping[str, Any]], Counts | None] = lambda params: None
    _guard: PredictionGuard = field(default_factory=PredictionGuard)
    _known: list[Observation] = field(default_factory=list)  # the newest LEARNED
    _taught: int = 0  # observations so far, those that are forgotten included
    _seen: set[int] = field(default_factory=set)  # trials that have ended, whatever they teach
    _predictor: Predictor | None = None
    _stale: bool = True
    _fitted: int = 0  # trials that the predictor has learnt from

    def update(self, found: Sequence[TrialRecord]) -> None:
        """Take in the trials there are."""
        fresh = [r for r in found if r.status is not None and r.number not in self._seen]
        self._seen.update(record.number for record in fresh)
        known = observations(fresh, self.spec)
        if known:
            self._known, self._stale = [*self._known, *known][-LEARNED:], True
            self._taught += len(known)

    @property
    def predictor(self) -> Predictor:
        """Fitted to the newest that is known; fitting waits until somebody asks."""
        grown = self._taught - self._fitted
        # Fitting costs seconds at hundreds of trials, of which a few more change little.
        if self._predictor is None or (self._stale and grown >= max(1, self._fitted // 10)):
            memories = [d.memory_mib for d in self.devices if d.memory_mib is not None]
            self._predictor = self._guard.learn(
                self.spec.space,
                largest_lease(self.devices),
                self._known,
                self.earlier,
                # Old hyperparameters do for a little more; of a window that moves, nothing is old.
                before=None if self._taught > LEARNED else self._predictor,
                capacity_mib=min(memories, default=None),
            )
            self._stale, self._fitted = False, self._taught
        return self._predictor

    def predict(
        self, configuration: Configuration, planned: Sequence[PlannedStage] = ()
    ) -> Prediction:
        """What the configuration will come to, given what is in the store now."""
        return self._predict(configuration, planned, FIGURES)

    def price(
        self, configuration: Configuration, planned: Sequence[PlannedStage] = ()
    ) -> float | None:
        """GPU-seconds that it is expected to pay; None while that is only guessed.

        Nothing else is worked out: a sampler has hundreds of configurations priced.
        """
        prediction = self._predict(configuration, planned, ())
        return None if prediction.spent is None or prediction.is_guess else prediction.spent.mean

    def _predict(
        self,
        configuration: Configuration,
        planned: Sequence[PlannedStage],
        figures: Collection[str],
    ) -> Prediction:
        params, predictor = configuration.params, self.predictor
        counts = None if predictor.observations else self.count(params)
        ahead = ahead_of(planned, self.store)
        return self._guard.predict(predictor, params, ahead, counts, figures)
