"""Configurations that are nearly free: all but their last, cheap stages have run already.

Four bit-widths of one trained network are four points of the front for one training. After a
training has completed, its siblings are put in line: the configurations that differ from it in
one choice, and for which the store holds every stage that took long.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paretune.space.parameters import Choices
from paretune.space.search_space import Space
from paretune.stages.stage_keys import Plan, PlannedStage
from paretune.stages.stage_store import StageStore
from paretune.trial.record import TrialRecord

# A sibling is worth a trial of its own if at least this share of its cost has been paid.
PAID_SHARE = 0.8


def siblings(
    record: TrialRecord,
    space: Space,
    store: StageStore,
    plan: Plan,
) -> list[dict[str, Any]]:
    """The nearly free siblings of a completed trial, as parameters; never the trial itself."""
    paid = {stage.key: _cost(store, stage) for stage in plan(record.params) if stage.stored}
    whole = sum(paid.values())
    found = []
    for parameter in space.parameters:
        if not isinstance(parameter, Choices) or parameter.name not in record.params:
            continue
        for value in parameter.choices:
            if value == record.params[parameter.name]:
                continue
            params = {**record.params, parameter.name: value}
            active = space.active(params)
            if set(active) != set(record.params):
                continue  # it opens or closes other parameters: another training
            shared = sum(_cost(store, stage) for stage in plan(params) if stage.stored)
            if whole > 0 and shared >= PAID_SHARE * whole:
                found.append(params)
    return found


def missing_keys(planned: Sequence[PlannedStage], store: StageStore) -> tuple[str, ...]:
    """The keys of the stages that would really have to run."""
    return tuple(stage.key for stage in planned if stage.stored and not store.has(stage.key))


def _cost(store: StageStore, stage: PlannedStage) -> float:
    entry = store.read(stage.key)
    return 0.0 if entry is None else entry.gpu_seconds
