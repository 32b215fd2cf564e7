"""Which stages apply to a configuration, and what their keys depend on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from paretune.stages.stage_keys import Origin, PlannedStage
from paretune.trainables import Context, Params, Stage, Trainable
from paretune.worker.stage_plan import plan

ORIGIN = Origin("t", "1", "d", 0, "cpu-core")
PARAMS = {"lr": 0.1, "epochs": 3, "sparsity": 0.5, "schedule": "constant"}


def nothing(params: Params, context: Context) -> None:
    return None


CHAIN = Trainable(
    "t",
    (
        Stage(
            "train",
            nothing,
            ("lr", "epochs", "schedule"),
            prefix="epochs",
            prefix_exact=lambda params: params["schedule"] == "constant",
        ),
        Stage("prune", nothing, ("sparsity",), when=lambda params: params["sparsity"] > 0),
        Stage("score", nothing, stored=False),
    ),
)


def planned(origin: Origin = ORIGIN, **changes: Any) -> dict[str, PlannedStage]:
    return {stage.name: stage for stage in plan(CHAIN, origin, {**PARAMS, **changes})}


def test_a_stage_that_does_not_apply_is_left_out() -> None:
    """In order, each with the parameters that it declares, and whether it may be stored."""
    assert list(planned()) == ["train", "prune", "score"]
    assert list(planned(sparsity=0.0)) == ["train", "score"]
    assert planned()["prune"].params == {"sparsity": 0.5}
    assert [stage.stored for stage in planned().values()] == [True, True, False]


def test_keys_change_from_where_the_parameters_do() -> None:
    """Another sparsity shares the training; another origin shares nothing."""
    same, pruned, elsewhere = planned(), planned(sparsity=0.9), planned(replace(ORIGIN, seed=1))
    assert same["train"].key == pruned["train"].key
    assert same["prune"].key != pruned["prune"].key
    assert same["train"].key != elsewhere["train"].key


def test_shorter_runs_count_only_where_they_are_exact() -> None:
    """A constant schedule passes through the shorter trainings; a decaying one does not."""
    assert [epochs for epochs, _ in planned()["train"].prefixes] == [1, 2]
    assert planned(schedule="cosine")["train"].prefixes == ()
    assert planned()["train"].is_prefix(planned(epochs=2)["train"].key)


def test_code_that_parameters_name_is_of_the_origin() -> None:
    """Where it has a version it is in every key; a module that is not there changes nothing."""
    mine = replace(CHAIN, modules=lambda params: ("paretune.text",))
    (plain, *_), (named, *_) = plan(CHAIN, ORIGIN, PARAMS), plan(mine, ORIGIN, PARAMS)
    assert plain.key != named.key
    assert plan(mine, ORIGIN, PARAMS)[0].key == named.key
