from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.search_space import intersection_search_space
from paretune.errors import StudyError
from paretune.space.search_space import Space
from paretune.study.stored_trials.widen_trials import widen

OLD: dict[str, Any] = {
    "optimizer": {"choices": ["adam", "sgd"]},
    "rate": {"type": "float", "low": 0.01, "high": 0.1, "log": True},
    "batch": {"choices": [32, 64]},
    "epochs": {"constant": 3},
}
NEW: dict[str, Any] = {
    "optimizer": {"choices": ["lion", "sgd", "adam"]},
    "rate": {"type": "float", "low": 0.001, "high": 1.0},
    "batch": {"type": "int", "low": 16, "high": 128},
    "epochs": {"type": "int", "low": 1, "high": 8},
    "bits": {"choices": [32, 8], "default": 32},
    "momentum": {
        "type": "float",
        "low": 0.0,
        "high": 0.9,
        "default": 0.0,
        "when": {"optimizer": "sgd"},
    },
}


def space(table: dict[str, Any]) -> Space:
    return Space.from_table(table, "test")


def run(study: optuna.Study, table: dict[str, Any], trials: int) -> list[dict[str, Any]]:
    points = []
    for _ in range(trials):
        trial = study.ask()
        points.append(space(table).suggest(trial, 2))
        study.tell(trial, [len(points) % 5, trial.number % 3])
    return points


def sqlite_study(folder: Path, sampler: optuna.samplers.BaseSampler) -> optuna.Study:
    return optuna.create_study(
        storage=f"sqlite:///{folder / 'study.db'}",
        study_name="grown",
        directions=["minimize", "minimize"],
        sampler=sampler,
        load_if_exists=True,
    )


def test_optuna_itself_refuses_one_choice_more(tmp_path: Path) -> None:
    """The reason for all this: without `widen` a changed list of choices raises in Optuna."""
    study = sqlite_study(tmp_path, optuna.samplers.RandomSampler(seed=0))
    run(study, OLD, 1)
    with pytest.raises(ValueError, match="dynamic value space"):
        space(NEW).suggest(study.ask(), 2)


@pytest.mark.parametrize("sampler", [optuna.samplers.TPESampler, optuna.samplers.NSGAIISampler])
def test_a_grown_space_goes_on_in_the_same_study(tmp_path: Path, sampler: type) -> None:
    """After `widen` earlier trials keep their values, and every sampler sees one space."""
    before = run(sqlite_study(tmp_path, sampler(seed=0)), OLD, 25)
    study = sqlite_study(tmp_path, sampler(seed=1))
    other = optuna.create_study(storage=study._storage, study_name="bystander")
    other.enqueue_trial({"optimizer": "adam"})
    other.ask().suggest_categorical("optimizer", ["adam", "sgd"])
    assert space(NEW).changes(space(OLD))[1] == []
    widen(study, space(NEW), 2)
    kept = study.get_trials()
    for trial, point in zip(kept, before, strict=True):
        expected = {**point, "bits": 32}
        if point["optimizer"] == "sgd":
            expected["momentum"] = 0.0
        assert trial.params == expected
        assert trial.distributions == {
            name: space(NEW).distributions(2)[name] for name in trial.params
        }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        after = run(study, NEW, 25)
    assert {point["optimizer"] for point in after} == {"adam", "sgd", "lion"}
    common = intersection_search_space(study.get_trials())
    assert set(common) == set(NEW) - {"momentum"}
    assert other.trials[0].distributions["optimizer"].choices == ("adam", "sgd")  # type: ignore[attr-defined]


def test_a_second_call_changes_nothing(tmp_path: Path) -> None:
    """A driver that resumes again finds everything rewritten already."""
    study = sqlite_study(tmp_path, optuna.samplers.RandomSampler(seed=0))
    run(study, OLD, 5)
    assert widen(study, space(NEW), 2) > 0
    assert widen(study, space(NEW), 2) == 0


def test_a_value_of_a_larger_machine_stays(tmp_path: Path) -> None:
    """A trial on more devices than there are now keeps its value and does not stand in the way."""
    table = {"gpu_count": {"type": "int", "low": 1, "high": "devices"}}
    study = sqlite_study(tmp_path, optuna.samplers.RandomSampler(seed=0))
    study.enqueue_trial({"gpu_count": 8})
    trial = study.ask()
    space(table).suggest(trial, 8)
    study.tell(trial, [0.0, 0.0])
    widen(study, space(table), 2)
    assert study.trials[0].params == {"gpu_count": 8}
    assert space(table).suggest(study.ask(), 2)["gpu_count"] in (1, 2)


def test_other_storages_take_what_optuna_takes() -> None:
    """Outside a database a wider range is taken, one choice more is refused in one line."""
    study = optuna.create_study(directions=["minimize", "minimize"])
    run(study, OLD, 2)
    wider = {**OLD, "rate": {"type": "float", "low": 0.001, "high": 0.1, "log": True}}
    assert widen(study, space(wider), 2) == 0
    run(study, wider, 2)
    with pytest.raises(StudyError, match="optimizer cannot change in a InMemoryStorage"):
        widen(study, space(NEW), 2)


@pytest.mark.parametrize(
    ("name", "entry", "message"),
    [
        ("rate", {"type": "float", "low": 0.02, "high": 0.1, "log": True}, "rate is 0.02 to 0.1"),
        ("rate", {"type": "float", "low": 0.01, "high": 0.1, "step": 0.01}, "in steps of 0.01"),
        ("optimizer", {"choices": ["adam", "lion"]}, 'was one of "adam", "sgd"'),
        ("batch", {"type": "int", "low": 64, "high": 128}, "batch is 64 to 128 (was one of"),
        ("epochs", {"constant": 4}, "epochs is 4 (was 3)"),
        ("bits", {"choices": [32, 8]}, "bits is new (one of 32, 8) without a default"),
        (
            "epochs",
            {"constant": 3, "when": {"optimizer": "sgd"}},
            'epochs is searched where optimizer = "sgd" (was: always)',
        ),
    ],
)
def test_what_would_invalidate_trials_is_refused(
    name: str, entry: dict[str, Any], message: str
) -> None:
    """Narrower ranges and removed choices are refused, with what is and what was."""
    allowed, refused = space({**OLD, name: entry}).changes(space(OLD))
    assert allowed == []
    assert len(refused) == 1
    assert message in refused[0]


def test_a_removed_parameter_is_refused() -> None:
    """Trials that differ in a parameter nobody knows any more cannot be compared."""
    less = {name: entry for name, entry in OLD.items() if name != "batch"}
    assert space(less).changes(space(OLD)) == ([], ["batch is gone (was one of 32, 64)"])


def test_allowed_changes_say_what_was() -> None:
    """Each change that is taken is told with its old and new form; none is told of none."""
    allowed, refused = space(NEW).changes(space(OLD))
    assert refused == []
    assert 'optimizer is one of "lion", "sgd", "adam" (was one of "adam", "sgd")' in allowed
    assert "epochs is 1 to 8 (was 3)" in allowed
    assert "bits is new (one of 32, 8); earlier trials had 32" in allowed
    assert space(OLD).changes(space(OLD)) == ([], [])


_BOUNDS = st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(1, 3)).map(
    lambda t: {"type": "int", "low": t[0], "high": t[0] + t[1] * t[2], "step": t[2]}
)


@given(old=_BOUNDS, new=_BOUNDS)
def test_allowed_means_that_no_old_value_is_lost(old: dict[str, Any], new: dict[str, Any]) -> None:
    """A changed grid is taken exactly if it holds all the values of the old one."""
    values = [set(range(g["low"], g["high"] + 1, g["step"])) for g in (old, new)]
    _, refused = space({"x": new}).changes(space({"x": old}))
    assert bool(refused) == bool(values[0] - values[1])


def test_a_study_that_has_been_read_forgets_what_was(tmp_path: Path) -> None:
    """Optuna's own cache of the old distributions does not refuse the new ones."""
    study = sqlite_study(tmp_path, optuna.samplers.RandomSampler(seed=0))
    run(study, OLD, 5)
    assert len(study.trials) == 5
    widen(study, space(NEW), 2)
    assert len(run(study, NEW, 5)) == 5
    assert all(trial.params["bits"] for trial in study.trials)
