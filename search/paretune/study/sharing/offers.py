"""What is nearly free: configurations whose training another trial has paid for.

They have other bits and sparsities of a network that is trained, or are longer trainings that go
on from it. The sampler weighs them by what they would still cost (`Reading.offers`).
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import optuna

from paretune.samplers import Offer
from paretune.space.parameters import Choices, Range
from paretune.space.search_space import Space
from paretune.stages.stage_keys import Plan, PlannedStage
from paretune.trial.record import TrialRecord

# GPU-seconds that a planned configuration would take, or None where nothing is known.
Price = Callable[[Mapping[str, Any], Sequence[PlannedStage]], float | None]

EACH = 96  # offers of one training at most, drawn where there would be more
FINEST = 24  # values of a parameter; of more an even choice is tried
LISTED = 20_000  # combinations of them that are looked through


class Offers:
    """Learnt as trainings are paid for, read by the sampler."""

    def __init__(self, space: Space, devices: int, plan: Plan, price: Price) -> None:
        self._space = space
        self._devices = devices
        self._plan = plan
        self._price = price
        self._known: dict[str, list[Offer]] = {}  # by the key of the training

    def current(self, study: optuna.Study) -> Sequence[Offer]:
        """All there are, those that have run meanwhile among them."""
        return list(itertools.chain.from_iterable(self._known.values()))

    def learn(self, record: TrialRecord) -> None:
        """Offer what the training of a completed trial makes cheap, once a training."""
        stages = self._plan(record.params)
        if not stages or not stages[0].stored or stages[0].key in self._known:
            return
        training = stages[0].key
        found = []
        for params in self._relatives(record.params, stages):
            planned = self._plan(params)
            cost = self._price(params, planned)
            if cost is not None and cost > 0 and _shares(planned, training):
                found.append(Offer(params, cost))
        if found:
            self._known[training] = found

    def _relatives(
        self, params: Mapping[str, Any], stages: Sequence[PlannedStage]
    ) -> list[dict[str, Any]]:
        """Configurations that share the training of `params`, or go on from it."""
        training = stages[0].key
        late: list[tuple[str, list[Any]]] = []  # what only later stages read
        longer: list[dict[str, Any]] = []
        for parameter in self._space.parameters:
            name = parameter.name
            if name not in params:
                continue
            values = _values(parameter, params[name], self._devices)
            others = [value for value in values if value != params[name]]
            if not others:
                continue
            other = self._plan({**params, name: others[-1]})
            if other and other[0].key == training:
                late.append((name, values))
            elif other and other[0].is_prefix(training):
                longer += [{**params, name: value} for value in others if value > params[name]]
        names = [name for name, _ in late]
        found = [
            {**params, **dict(zip(names, point, strict=True))}
            for point in _points([values for _, values in late], training)
        ]
        found = [point for point in found if set(self._space.active(point)) == set(params)]
        if len(found) > EACH:
            found = random.Random(training).sample(found, EACH)  # noqa: S311  # no secret
        return [point for point in [*found, *longer] if point != dict(params)]


def _values(parameter: Choices | Range, own: Any, devices: int) -> list[Any]:
    """What may stand in for `own`, in order."""
    if isinstance(parameter, Choices):
        return list(parameter.choices)
    return parameter.spread(devices, FINEST) or [own]


def _points(axes: Sequence[Sequence[Any]], seed: str) -> Iterable[tuple[Any, ...]]:
    """Every combination of the axes' values; of more than LISTED as many, drawn."""
    if math.prod(len(values) for values in axes) <= LISTED:
        return itertools.product(*axes)
    rng = random.Random(seed)  # noqa: S311  # no secret
    return dict.fromkeys(tuple(rng.choice(values) for values in axes) for _ in range(LISTED))


def _shares(planned: Sequence[PlannedStage], training: str) -> bool:
    return bool(planned) and (planned[0].key == training or planned[0].is_prefix(training))
