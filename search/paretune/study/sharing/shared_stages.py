"""What is done with trainings that are paid for: offers to the sampler, or siblings in line."""

from __future__ import annotations

from collections.abc import Sequence

from paretune.samplers import ReadsCosts, unwrapped
from paretune.study.sharing.offers import Offers
from paretune.study.sharing.siblings import siblings
from paretune.study.sharing.stage_plans import StagePlans
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.stored_trials import records
from paretune.trial.record import TrialRecord

# Members of the front whose relatives are offered when a study is resumed, evenly along it. Each
# has up to 96, all of which are planned and priced, and the sampler weighs 800 at a time.
RESUMED = 24


class Sharing:
    """Of one driver of a study. `front`: the trials whose trainings are there to begin with."""

    def __init__(
        self,
        stored: StoredStudy,
        plans: StagePlans,
        offers: Offers,
        front: Sequence[TrialRecord],
    ) -> None:
        self._stored = stored
        self._plans = plans
        self._offers = offers
        self._weighs_offers = isinstance(unwrapped(stored.sampler), ReadsCosts)
        for record in _evenly(front):
            self._offer(record)

    def paid(self, record: TrialRecord, known: Sequence[TrialRecord]) -> None:
        """A trial has ended: use what it makes nearly free.

        A sampler that reads costs weighs that by itself; for any other the siblings of a
        completed, feasible trial are put in line.
        """
        if record.replicate_of is not None:  # its training has another seed than any other's
            return
        if self._weighs_offers:
            self._offer(record)
        elif record.feasible:
            self._put_siblings_in_line(record, known)

    def _offer(self, record: TrialRecord) -> None:
        if self._is_on and record.values is not None:
            self._offers.learn(record)

    def _put_siblings_in_line(self, record: TrialRecord, known: Sequence[TrialRecord]) -> None:
        plans = self._plans
        if plans.store is None or not plans.spec.siblings:
            return
        # As the trials were given them: Optuna's own carry the rounding errors of a step.
        there = [*(other.params for other in known), *self._stored.queued()]
        for params in siblings(record, plans.spec.space, plans.store, plans.plan_sampled):
            if params not in there:
                self._stored.enqueue(params, {records.SIBLING_OF: record.number})

    @property
    def _is_on(self) -> bool:
        return self._plans.store is not None and self._plans.spec.siblings


def _evenly(front: Sequence[TrialRecord]) -> list[TrialRecord]:
    """The front, or RESUMED of it, both ends among them."""
    if len(front) <= RESUMED:
        return list(front)
    return [front[i * (len(front) - 1) // (RESUMED - 1)] for i in range(RESUMED)]
