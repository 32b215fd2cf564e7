"""What the rest of the budget still buys: near the end of a study most of its space is too dear."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from paretune.predict.predictor import Predictor
from paretune.space.points import draw
from paretune.spec.study_spec import StudySpec
from paretune.stages.stage_keys import PlannedStage
from paretune.study.spending.treasury import Treasury
from paretune.trial.configuration import Configuration

DRAWS = 200  # configurations that are tried before it is taken that none fits
# With as much free as so many average trials have paid there is something to be had for it.
AMPLE = 3.0


class Affordable:
    """Of one driver of a study: asked by its sampler, before a trial has its parameters.

    `cheap` are configurations that cost less than their like, because part of them has run; `known`
    those that have run or run now.
    """

    def __init__(
        self,
        spec: StudySpec,
        devices: int,
        treasury: Treasury,
        plan: Callable[[Configuration], Sequence[PlannedStage]],
        *,
        cheap: Callable[[], Sequence[Mapping[str, Any]]] = lambda: (),
        known: Callable[[], Sequence[Mapping[str, Any]]] = lambda: (),
    ) -> None:
        self.spec = spec
        self.devices = devices  # the most that one trial can have
        self._treasury = treasury
        self._plan = plan
        self._cheap = cheap
        self._known = known
        self._rng = np.random.default_rng(spec.training_seed)
        self._fitting: dict[str, Any] | None = None  # the last that was found to fit
        # By this predictor, with so many cheap ones, nothing fitted into so much.
        self._none: tuple[Predictor, int, float] | None = None

    @property
    def is_limited(self) -> bool:
        """Has the study a budget of GPU-seconds at all?"""
        return self._treasury.limit is not None

    def fits(self, sampled: Mapping[str, Any]) -> bool:
        """Is the configuration predicted to cost no more than is free? A guess fits."""
        if not self.is_limited:
            return True
        configuration = self.spec.configure(sampled)
        prediction = self._treasury.predict(configuration, self._plan(configuration))
        return self._treasury.objection(prediction) is None

    def find(self) -> dict[str, Any] | None:
        """Some configuration that fits and has not run; None where of many none does."""
        drawn = (draw(self.spec.space, self._rng, self.devices) for _ in range(DRAWS))
        before = () if self._fitting is None else (self._fitting,)
        known = self._known()
        candidates = itertools.chain(before, drawn, self._cheap())
        fresh = (dict(point) for point in candidates if point not in known)
        self._fitting = next((point for point in fresh if self.fits(point)), None)
        return self._fitting

    def buys_nothing(self) -> bool:
        """Is too little free for anything? Looked for only where little is free."""
        free, predictor = self._treasury.free(), self._treasury.predictor
        if not self.is_limited or free >= AMPLE * self._treasury.mean_paid():
            return False
        cheap = len(self._cheap())
        if self._none is not None:
            asked, there, had = self._none
            if asked is predictor and cheap <= there and free <= had:
                return True
        found = self.find()
        self._none = (predictor, cheap, free) if found is None else None
        return found is None
