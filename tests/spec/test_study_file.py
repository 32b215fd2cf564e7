"""A study file's shape: what is read of a table, and how its mistakes are told."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from paretune.spec.study_file import directions, parse

GOOD: dict[str, Any] = {
    "name": "mine",
    "space": "cnn",
    "trainable": "cnn",
    "objectives": {"accuracy": "maximize"},
    "budget": {"trials": 3},
}


def test_a_good_table_has_no_mistakes() -> None:
    """What it leaves out has its default, and the table itself is left as it was."""
    table = copy.deepcopy(GOOD)
    file, _, mistakes = parse(table)
    assert list(mistakes) == []
    assert (file.name, file.budget.trials, file.sampler.name) == ("mine", 3, "cost_aware")
    assert table == GOOD


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        ({"budget": {"trials": 0}}, "budget.trials is 0: give a whole number of at least 1"),
        ({"sampler": {"nmae": "tpe"}}, "sampler.nmae is not known (did you mean name?)"),
        ({"warm_start": {"studies": ["a", ""]}}, "warm_start.studies.2"),
        ({"name": "a b"}, 'name is "a b": give a name of letters'),
        ({"limits": 3}, "limits is 3"),
    ],
)
def test_a_mistake_has_key_value_and_cure(changes: dict[str, Any], start: str) -> None:
    """One mistake each, and the rest of the file is read all the same."""
    file, _, mistakes = parse({**GOOD, **changes})
    (mistake,) = list(mistakes)
    assert str(mistake).startswith(start)
    assert dict(file.objectives) == {"accuracy": "maximize"}


def test_an_objective_is_a_direction_or_a_table() -> None:
    """The table adds which differences count as none."""
    table = {"direction": "minimize", "tolerance": "3 %"}
    file, _, mistakes = parse({**GOOD, "objectives": {"accuracy": "maximize", "loss": table}})
    assert list(mistakes) == []
    assert directions(file) == {"accuracy": "maximize", "loss": "minimize"}


@pytest.mark.parametrize(
    "given",
    [{"tolerance": 3}, {"direction": "up"}, {"direction": "minimize", "tolerence": 3}, {}, 3],
)
def test_a_wrong_objective_is_told_once(given: Any) -> None:
    """As a whole, with what to write; the others are kept."""
    file, _, mistakes = parse({**GOOD, "objectives": {"accuracy": "maximize", "loss": given}})
    (mistake,) = list(mistakes)
    assert str(mistake).startswith("objectives.loss is ")
    assert "direction" in str(mistake) or '"maximize" or "minimize"' in str(mistake)
    assert directions(file) == {"accuracy": "maximize"}
