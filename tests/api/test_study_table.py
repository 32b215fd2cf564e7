"""What `Study` takes and what it refuses: by the study file's own rules, named as in Python."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fit
import optuna
import paretune as pt
import pytest
from fit import train
from paretune.errors import SpecError, TrainableError
from paretune.spec.study_spec import StudySpec

SPACE = {"lr": pt.Float(0.01, 1.0, log=True), "hidden": pt.Choice(4, 16)}
OBJECTIVES = {"accuracy": "maximize", "gpu_seconds": "minimize"}


def study(**changes: Any) -> pt.Study:
    arguments: dict[str, Any] = {
        "name": "mine",
        "trainable": train,
        "space": SPACE,
        "objectives": OBJECTIVES,
        "budget": pt.Budget(trials=3),
    }
    return pt.Study(**{**arguments, **changes})


def test_everything_a_study_file_says_can_be_said(tmp_path: Path) -> None:
    """The same study from a file and from Python is the same spec, key by key."""
    (tmp_path / "mine.toml").write_text("""
name = "mine"
trainable = "fit:train"
data = {source = "here"}
train = {epochs = 3}
objectives = {accuracy = "maximize", gpu_seconds = "minimize"}
constraints = {accuracy = ">= 0.5"}
budget = {gpu_seconds = 60.0, trials = 3, dollars = 1.0, wall_seconds = 100.0}
sampler = {name = "tpe", seed = 7}
stopper = {name = "none"}
warm_start = {studies = ["other"]}
limits = {gpu_seconds = 5.0, report_seconds = 60.0}
prices = {cpu-core = 0.04}
search = {siblings = false, least_gain = 0.5}
store = {limit_mib = 100.0}
[space.lr]
type = "float"
low = 0.01
high = 1.0
log = true
[space.hidden]
choices = [4, 16]
[[baseline]]
lr = 0.1
""")
    written = pt.Study.from_file(tmp_path / "mine.toml").spec.to_json()
    said = study(
        data={"source": "here"},
        train={"epochs": 3},
        constraints={"accuracy": ">= 0.5"},
        budget=pt.Budget(gpu_seconds=60.0, trials=3, dollars=1.0, wall_seconds=100.0),
        sampler="tpe",
        seed=7,
        stopper="none",
        warm_start=["other"],
        limits=pt.Limits(gpu_seconds=5.0, report_seconds=60.0),
        prices={"cpu-core": 0.04},
        siblings=False,
        least_gain=0.5,
        store_limit_mib=100.0,
        baselines=[{"lr": 0.1}],
    ).spec.to_json()
    for place in ("place", "search_path"):
        del written[place], said[place]
    assert said == written


def test_a_newcomers_study_has_our_strategies() -> None:
    """Who names no sampler and no stopper gets cost_aware and front."""
    spec = study().spec
    assert (spec.sampler.name, spec.stopper) == ("cost_aware", "front")
    assert StudySpec.from_json(spec.to_json()).space.parameters == spec.space.parameters


@pytest.mark.parametrize(
    ("space", "names"),
    [("cnn", True), ({"lr": pt.Float(0.1, 1.0), "epochs": 5}, False)],
    ids=["a bundled space", "a constant"],
)
def test_other_spaces(space: Any, names: bool) -> None:
    """A space's name, and a plain value as a constant."""
    found = study(space=space).spec.space
    assert ("bits" in found.names) is names
    if not names:
        assert found.to_json()["epochs"] == {"choices": [5]}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": "a b"}, 'name is "a b": give a name of letters'),
        ({"objectives": {"accuracy": "bigger"}}, 'objectives.accuracy is "bigger"'),
        ({"objectives": {"gpu_secnds": "minimize"}}, "did you mean gpu_seconds?"),
        ({"objectives": ["accuracy"]}, "objectives is ['accuracy']: give a dict"),
        ({"objectives": {}}, "objectives is"),
        ({"constraints": {"accuracy": "near 1"}}, "constraints.accuracy is 'near 1'"),
        ({"budget": pt.Budget(gpu_seconds=-1)}, "budget.gpu_seconds is -1: give a number above 0"),
        ({"budget": None}, "budget is missing: give trials or gpu_seconds"),
        ({"budget": 600}, "budget is 600: write pt.Budget(gpu_seconds=600)"),
        ({"budget": pt.Budget(dollars=5)}, "budget.dollars is 5, but there are no prices"),
        ({"limits": pt.Limits(wall_seconds=0)}, "limits.wall_seconds is 0"),
        ({"space": {"lr": pt.Float(1.0, 0.1)}}, "space.lr.high is 0.1, below low 1"),
        ({"space": {"lr": pt.Float("x", 0.1)}}, 'space.lr.low is "x": give a number'),  # type: ignore[arg-type]
        ({"space": {"bits": pt.Choice(8, 8)}}, "space.bits.choices has 8 twice"),
        ({"space": {"bits": [8, 4]}}, "space['bits'] is [8, 4]: write pt.Choice(...)"),
        ({"space": {"a": pt.Float(0, 1, when={"b": 1})}}, "space.a.when.b is not known"),
        ({"space": {}}, "space is empty"),
        ({"space": "nowhere"}, "nowhere"),
        ({"sampler": "tpee"}, 'sampler is "tpee"'),
        ({"sampler": 3}, "sampler is 3: give an Optuna sampler"),
        ({"stopper": "frnt"}, 'stopper is "frnt"'),
        ({"stopper": object}, "stopper is"),
        ({"seed": -1}, "seed is -1"),
        ({"least_gain": -0.5}, "least_gain is -0.5"),
        ({"store_limit_mib": -1.0}, "store_limit_mib is -1"),
        ({"siblings": "yes"}, 'siblings is "yes"'),
        ({"warm_start": ["x", ""]}, "warm_start[1] is"),
        ({"baselines": [{"lr": 0.1}, {"lr": 5.0}]}, "baselines[1].lr is 5, outside 0.01 to 1"),
        ({"baselines": {"lr": 0.1}}, "baselines is {'lr': 0.1}: give a list of dicts"),
        ({"baselines": [3]}, "baselines[0] is 3: give a dict"),
        ({"train": {"epochs": {1, 2}}}, "train.epochs is {1, 2}"),
    ],
)
def test_mistakes_name_the_argument(changes: dict[str, Any], expected: str) -> None:
    """Value and cure are the study file's; the place is the argument of `Study`."""
    with pytest.raises(SpecError) as caught:
        study(**changes)
    assert any(expected in problem for problem in caught.value.problems), caught.value.problems
    assert str(caught.value).startswith("Study('")


def test_every_mistake_is_told_at_once() -> None:
    """Nobody mends a study twice."""
    with pytest.raises(SpecError) as caught:
        study(budget=pt.Budget(trials=0), seed=-1, space={"lr": pt.Float(1.0, 0.1)})
    assert len(caught.value.problems) == 3


def nested() -> Callable[..., Any]:
    def inner(params: Any, context: Any) -> dict[str, float]:
        return {}

    return inner


@pytest.mark.parametrize(
    ("trainable", "expected"),
    [
        (lambda params, context: {}, "a lambda"),
        (nested(), "defined inside a function"),
        (fit.Model.train, "defined inside a function or a class"),
        (fit.Model().train, "give a function train(params, context)"),
        (functools.partial(train, {}), "give a function train(params, context)"),
        (functools.wraps(train)(lambda params, context: {}), "not what fit has under that name"),
        (pt.Trainable("t", (pt.Stage("s", train),)), "not a name at the top level"),
        (3, "is 3: give a function"),
    ],
)
def test_what_a_worker_could_not_import_is_refused(trainable: Any, expected: str) -> None:
    """With the reason and the cure, before anything runs."""
    with pytest.raises(TrainableError, match="trainable is ") as caught:
        study(trainable=trainable)
    assert expected in str(caught.value)


@pytest.mark.parametrize("trainable", [train, "fit:train"])
def test_a_function_is_named_by_its_module(trainable: Any) -> None:
    """As a study file would, with the folder of the module, so that `paretune run` finds it."""
    spec = study(trainable=trainable).spec
    assert (spec.trainable, Path(spec.search_path)) == ("fit:train", Path(fit.__file__).parent)


def test_a_trainable_of_stages_is_found_where_it_stands() -> None:
    """Though an object does not know its own name."""
    assert study(trainable=fit.staged).spec.trainable == "fit:staged"


def test_instances_are_recorded_by_their_class() -> None:
    """The study's record says which sampler and stopper it was; a name stays a name."""
    chosen = study(sampler=optuna.samplers.RandomSampler(seed=1), stopper=pt.FrontStopper())
    assert chosen.spec.sampler.name.endswith(":RandomSampler")
    assert chosen.spec.stopper == "front"
    assert study(sampler=pt.CostAwareSampler(seed=1)).spec.sampler.name == "cost_aware"


@pytest.mark.parametrize("model", [train, "fit:train"])
def test_the_network_of_a_keras_study_may_be_a_function(model: Any) -> None:
    """It is named by its module, in whose folder workers look; a lambda is refused by its place."""
    keras = {"trainable": "keras", "space": {"lr": 0.1}, "data": {"source": "digits"}}
    spec = study(**keras, train={"keras_model": model, "epochs": 1}).spec
    assert (spec.trainable, spec.train["keras_model"]) == ("keras", "fit:train")
    assert Path(spec.search_path) == Path(fit.__file__).parent
    with pytest.raises(TrainableError, match=r"train\['keras_model'\] is .*a lambda"):
        study(**keras, train={"keras_model": lambda shape, classes, params: None})
