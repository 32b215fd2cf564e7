"""A trial's way through its stages: what runs, what is taken from the store, what is kept there."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from paretune.measure import Snapshot
from paretune.measure.devices import Device
from paretune.measure.replay_meter import ReplayMeter
from paretune.stages.stage_keys import Origin
from paretune.stages.stage_store import StageStore, StoreProblem
from paretune.trainables import Context, Params, Stage, Trainable
from paretune.trial.files import REPORTS
from paretune.trial.job import Job
from paretune.worker.checked_metrics import ContractBroken
from paretune.worker.stage_chain import Chain
from paretune.worker.trial_context import TrialContext, UndeclaredParameter

PARAMS = {"epochs": 3, "bits": 8}


def write_epochs(reached: int, folder: Path) -> None:
    (folder / "epochs").write_text(str(reached))


class Work:
    """A training, and a quantization of what it left; `ran` says what has really run."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def train(self, params: Params, context: Context) -> dict[str, float]:
        begun = 0
        if context.resumed is not None:
            begun, folder = context.resumed
            assert (folder / "epochs").read_text() == str(begun)
        for epoch in range(begun + 1, params["epochs"] + 1):
            self.ran.append(f"epoch {epoch}")
            context.checkpoint(epoch, partial(write_epochs, epoch), {"loss": 0.1})
        (context.output / "epochs").write_text(str(params["epochs"]))
        return {"accuracy": 0.5, "loss": 0.1}

    def quantize(self, params: Params, context: Context) -> dict[str, float]:
        assert context.inputs is not None
        self.ran.append(f"{params['bits']} bits of {(context.inputs / 'epochs').read_text()}")
        return {"accuracy": 0.4}

    def trainable(self) -> Trainable:
        train = Stage("train", self.train, ("epochs",), prefix="epochs")
        return Trainable("t", (train, Stage("quantize", self.quantize, ("bits",))))


@pytest.fixture
def chain(tmp_path: Path):
    """chain(trainable, **changes) -> the chain of a new trial, all of them on one store."""
    made: list[Path] = []

    def chain(trainable: Trainable, *, shared: bool = True, **changes: Any) -> Chain:
        folder = tmp_path / f"trial-{len(made)}"
        made.append(folder)
        folder.mkdir()
        job = Job(
            number=len(made),
            trainable="t:t",
            params={**PARAMS, **changes},
            directory=str(folder),
            seed=0,
            store=str(tmp_path / "store") if shared else None,
        )
        origin = asdict(Origin("t", "1", "d", 0, "cpu-core")) if shared else None
        assignment = job.on([Device("cpu:0", "cpu-core")], origin)
        meter = ReplayMeter(Snapshot(float(i), cpu_seconds=float(i)) for i in range(200))
        return Chain(trainable, assignment, TrialContext(assignment, meter))

    return chain


def reused(chain: Chain) -> list[tuple[str, int | None]]:
    lines = (chain.context.directory / REPORTS).read_text().splitlines()
    records = [json.loads(line) for line in lines]
    return [(r["stage"], r["reached"]) for r in records if r["kind"] == "reused"]


def test_later_stages_win_and_leave_no_scratch(chain) -> None:
    """Each finds what the one before left; of a metric of two stages the later one's counts."""
    work = Work()
    alone = chain(work.trainable(), shared=False)
    assert alone.run() == {"accuracy": 0.4, "loss": 0.1}
    assert work.ran == ["epoch 1", "epoch 2", "epoch 3", "8 bits of 3"]
    assert not (alone.context.directory / "stages").exists()


def test_what_has_run_is_not_run_again(chain) -> None:
    """The training of another trial stands in for its own, metrics and all."""
    work = Work()
    chain(work.trainable()).run()
    work.ran.clear()
    second = chain(work.trainable(), bits=4)
    assert second.run() == {"accuracy": 0.4, "loss": 0.1}
    assert work.ran == ["4 bits of 3"]
    assert reused(second) == [("train", None)]


def test_waiting_for_another_trials_stage_is_told(chain) -> None:
    """Who waits says so, or it would be taken to hang; then it takes what the other has left."""
    work = Work()
    first, second = chain(work.trainable()), chain(work.trainable())
    key = second.planned[0].key
    reports = second.context.directory / REPORTS
    with first.store.computing(key, reports=first.context.directory / REPORTS):
        waiting = threading.Thread(target=second.run)
        waiting.start()
        while '"waiting"' not in reports.read_text():
            time.sleep(0.01)
    waiting.join()
    assert reused(second) == []


def test_a_longer_training_goes_on_from_a_shorter_one(chain) -> None:
    """And a shorter one than any that was run finds itself among its checkpoints."""
    work = Work()
    chain(work.trainable()).run()
    work.ran.clear()
    longer = chain(work.trainable(), epochs=5)
    longer.run()
    assert work.ran == ["epoch 4", "epoch 5", "8 bits of 5"]
    assert reused(longer) == [("train", 3)]
    work.ran.clear()
    shorter = chain(work.trainable(), epochs=2)
    shorter.run()
    assert work.ran == ["8 bits of 2"]


def test_a_store_that_fails_costs_only_the_sharing(chain, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trial runs all of it and notes why."""

    def full(*arguments: object, **more: object) -> None:
        raise StoreProblem("the disk is full")

    monkeypatch.setattr(StageStore, "put", full)
    work = Work()
    trial = chain(work.trainable())
    assert trial.run()["accuracy"] == 0.4
    assert work.ran == ["epoch 1", "epoch 2", "epoch 3", "8 bits of 3"]
    assert trial.context.notes["store_problem"] == "the disk is full"


def test_a_chain_without_metrics_keeps_no_contract(chain) -> None:
    """It says what should have been returned."""
    silent = Trainable("t", (Stage("train", lambda params, context: None),))
    with pytest.raises(ContractBroken, match="returned no metrics"):
        chain(silent).run()


def test_a_stage_that_reads_what_it_did_not_declare(chain) -> None:
    """Its stored product would depend on something that its key does not know."""
    stage = Stage("train", lambda params, context: {"accuracy": float(params["bits"])}, ("epochs",))
    with pytest.raises(UndeclaredParameter):
        chain(Trainable("t", (stage,))).run()
