"""Which configurations are nearly free once a training has been paid."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from paretune.measure import Measurement
from paretune.space.search_space import Space
from paretune.stages.stage_keys import Link, Origin, PlannedStage, chain_keys
from paretune.stages.stage_store import StageStore
from paretune.study.sharing.siblings import missing_keys, siblings

SPACE = Space.from_json(
    {
        "lr": {"choices": [0.1, 0.2]},
        "bits": {"choices": [32, 8, 4]},
        "grid": {"choices": ["a", "b"], "when": {"bits": 4}},
    },
    "test",
)
OWN = {"lr": 0.1, "bits": 32}


def plan(params: Any) -> tuple[PlannedStage, ...]:
    """Train on lr, then quantize to bits."""
    links = [Link("train", {"lr": params["lr"]}), Link("quantize", {"bits": params["bits"]})]
    return chain_keys(Origin.nowhere(), links)


@pytest.fixture
def paid(tmp_path: Path):
    """paid(seconds of the training, of the quantization) -> siblings of OWN."""

    def paid(train: float, quantize: float) -> list[dict[str, Any]]:
        store = StageStore(tmp_path / "store")
        product = tmp_path / "product"
        product.mkdir(exist_ok=True)
        for stage, cost in zip(plan(OWN), (train, quantize), strict=True):
            phases = {stage.name: Measurement(gpu_seconds=cost)}
            store.put(
                stage.key, stage.name, product, phases=phases, metrics={}, notes={}, params={}
            )
        assert missing_keys(plan(OWN), store) == ()
        assert len(missing_keys(plan({**OWN, "bits": 8}), store)) == 1
        record = SimpleNamespace(params=OWN)
        return siblings(record, SPACE, store, plan)

    return paid


def test_one_choice_apart_and_the_training_shared(paid) -> None:
    """Neither another training nor one that opens another parameter is among them."""
    assert paid(10.0, 0.1) == [{**OWN, "bits": 8}]


def test_what_costs_as_much_again_is_no_sibling(paid) -> None:
    """Where the last stage is most of the cost, nothing is nearly free."""
    assert paid(1.0, 10.0) == []
