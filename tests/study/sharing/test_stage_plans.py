"""Which waiting trials had better wait for what a running one computes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from paretune.stages.stage_keys import Link, Origin, PlannedStage, chain_keys
from paretune.stages.stage_store import StageStore
from paretune.study.sharing.stage_plans import StagePlans
from paretune.trial.configuration import Configuration


def planned(lr: float, bits: int) -> tuple[PlannedStage, ...]:
    links = [Link("train", {"lr": lr}), Link("quantize", {"bits": bits})]
    return chain_keys(Origin.nowhere(), links)


def asked(number: int, lr: float, bits: int, *, runs: bool = False) -> Any:
    assignment = object() if runs else None
    return SimpleNamespace(number=number, assignment=assignment, planned=planned(lr, bits))


SPEC: Any = SimpleNamespace(training_seed=7)
EXECUTOR: Any = SimpleNamespace(plan=lambda params, seed: (dict(params), seed))


def test_a_trial_waits_for_the_training_it_shares(tmp_path: Path) -> None:
    """One with another training need not."""
    plans = StagePlans(SPEC, EXECUTOR, StageStore(tmp_path))
    running = asked(0, 0.1, 8, runs=True)
    assert plans.held([running, asked(1, 0.1, 4), asked(2, 0.2, 4)]) == {1}
    assert plans.held([asked(1, 0.1, 4), asked(2, 0.1, 8)]) == set()


def test_without_a_store_there_is_nothing_to_wait_for(tmp_path: Path) -> None:
    """Nothing is planned either; with one the executor is asked, for the study's seed."""
    alone = StagePlans(SPEC, EXECUTOR, None)
    assert alone.held([asked(0, 0.1, 8, runs=True), asked(1, 0.1, 4)]) == set()
    assert alone.plan(Configuration({"lr": 0.1})) == ()
    shared = StagePlans(SPEC, EXECUTOR, StageStore(tmp_path))
    assert shared.plan(Configuration({"lr": 0.1})) == ({"lr": 0.1}, 7)
