"""May a trial begin? Predicted, held against the budget, the memory, [limits] and the stopper.

A user's own baseline is only held against the budget. Of the trials that something else speaks
against a few run all the same, so that the models learn where they are wrong. Nothing is written
before all of that is decided.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from paretune.money.budget import Objection
from paretune.money.objections import limit_objection, memory_objection
from paretune.spec.study_spec import StudySpec
from paretune.stoppers import Verdict
from paretune.study.asked_trial import AskedTrial
from paretune.study.spending.treasury import Treasury
from paretune.study.steering.stopping import Stopping
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.stored_trials.tell import tell_skipped
from paretune.trial.prediction import Prediction

EXPLORED = 0.05  # share of the trials spoken against that run all the same
EXPLORED_AFTER = 25  # so many skipped in a row: perhaps the model is wrong


@dataclass(frozen=True)
class Decision:
    """Whether a trial begins; if not, why, and whether it may yet."""

    objection: Objection | None = None
    postponed: bool = False  # it does not fit while others run that may leave something

    @property
    def admitted(self) -> bool:
        """May it begin?"""
        return self.objection is None


class Admission:
    """Of one driver of a study."""

    def __init__(
        self,
        stored: StoredStudy,
        spec: StudySpec,
        treasury: Treasury,
        stopping: Stopping,
        most_devices: int,
    ) -> None:
        self.stored = stored
        self.limits = spec.limits
        self.treasury = treasury
        self.stopping = stopping
        self.most_devices = most_devices  # that one trial can have
        self._skipped_in_a_row = 0  # for their own sake
        self._chance = random.Random(spec.sampler.seed)  # noqa: S311  # of exploring, no secret

    def decide(self, asked: AskedTrial, *, may_wait: bool) -> Decision:
        """Reserve for a trial that may begin; tell the storage of one that is skipped.

        `may_wait`: others run or wait, and may pay less than is reserved for them. Then a trial
        that does not fit the budget is postponed: nothing is written of it, and it may be asked
        about again.
        """
        prediction = self.treasury.predict(asked.configuration, asked.planned)
        verdict: Verdict | None = None
        # One that was fixed beforehand may have been asked for where there were more devices.
        objection = self._too_few_devices(asked)
        if objection is None:
            objection = self.treasury.objection(prediction)
            if objection is not None and may_wait:
                return Decision(objection, postponed=True)
            if objection is None:
                objection, verdict = self._for_its_own_sake(asked, prediction)
        if objection is None:
            self.treasury.reserve(asked.number, prediction, asked.configuration)
            return Decision()
        if verdict is not None:
            self.stopping.note_verdict(asked.trial, verdict, prediction.spent, 0.0)
        tell_skipped(self.stored, asked.trial, objection)
        return Decision(objection)

    def _too_few_devices(self, asked: AskedTrial) -> Objection | None:
        needed = asked.configuration.gpu_count
        if needed <= self.most_devices:
            return None
        reason = f"it needs {needed} devices, and a trial can have {self.most_devices} here"
        return Objection(reason, for_budget=False)

    def _for_its_own_sake(
        self, asked: AskedTrial, prediction: Prediction
    ) -> tuple[Objection | None, Verdict | None]:
        """What speaks against the configuration itself, unless it is explored all the same."""
        objection, verdict = None, None
        if not asked.runs_to_its_end:
            objection = memory_objection(prediction, self.treasury.predictor) or limit_objection(
                prediction, self.limits
            )
            if objection is None:
                verdict = self.stopping.before(asked.configuration, prediction)
                if verdict is not None:
                    objection = Objection(f"not begun: it {verdict.reason}", for_budget=False)
        if self._is_explored() or objection is None:
            self._skipped_in_a_row = 0
            return None, None
        self._skipped_in_a_row += 1
        return objection, verdict

    def _is_explored(self) -> bool:
        # Drawn for every trial, so that the chances of one do not depend on those before it.
        if self._skipped_in_a_row >= EXPLORED_AFTER:
            return True
        return self._chance.random() < EXPLORED
