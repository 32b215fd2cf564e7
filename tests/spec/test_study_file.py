"""A study file's shape: what is read of a table, and how its mistakes are told."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from paretune.spec.study_file import parse

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
