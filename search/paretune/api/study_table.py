"""From the arguments of `Study` to the table of a study file, and its mistakes back again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

from paretune.api.parameter_types import Choice, Float, Int
from paretune.api.plain_values import plain
from paretune.errors import SpecError
from paretune.inputs.mistakes import Mistakes

# Where a study file has a key in a section, `Study` has an argument of its own.
_ARGUMENTS = {
    "sampler.name": "sampler",
    "sampler.seed": "seed",
    "stopper.name": "stopper",
    "warm_start.studies": "warm_start",
    "search.siblings": "siblings",
    "search.least_gain": "least_gain",
    "replicate.share": "replicate",
    "store.limit_mib": "store_limit_mib",
}
_LISTS = {"baseline": "baselines", "warm_start.studies": "warm_start"}
_ENTRY = re.compile(r"(baseline|warm_start\.studies)\.(\d+)")
_DICTS = ("data", "train", "objectives", "constraints", "prices", "track")


def study_table(arguments: Mapping[str, Any], mistakes: Mistakes) -> dict[str, Any]:
    """The study file that says what the arguments of `Study` say; notes what is of a wrong type.

    An argument that is None is left out; `space` may hold parameters of the API.
    """
    given = {key: value for key, value in arguments.items() if value is not None}
    for key in _DICTS:
        if key in given and not isinstance(given[key], Mapping):
            mistakes.note(key, f"is {given.pop(key)!r}: give a dict")
    table = {key: plain(given[key]) for key in ("name", "trainable", *_DICTS) if key in given}
    table["space"] = _space(given.get("space"), mistakes)
    for key in ("budget", "limits"):
        if key in given:
            table[key] = _limits(key, given[key], mistakes)
    for key, argument in _ARGUMENTS.items():
        section, _, name = key.partition(".")
        if argument in given:
            table.setdefault(section, {})[name] = plain(given[argument])
    table["baseline"] = _baselines(given.get("baselines", ()), mistakes)
    return table


def in_arguments(error: SpecError) -> SpecError:
    """The mistakes of the table, each with the argument of `Study` as its place."""
    problems = []
    for problem in error.problems:
        key, space, rest = problem.partition(" ")
        key = _ENTRY.sub(lambda found: f"{_LISTS[found[1]]}[{int(found[2]) - 1}]", key)
        problems.append(f"{_ARGUMENTS.get(key, key)}{space}{rest}")
    return SpecError(error.place, problems)


def _space(space: Any, mistakes: Mistakes) -> Any:
    if not isinstance(space, Mapping):
        return plain(space)
    table: dict[str, Any] = {}
    for name, value in space.items():
        if isinstance(value, Float | Int | Choice):
            table[str(name)] = value.to_table()
        elif isinstance(value, list | tuple | set | range):
            mistakes.note(f"space[{name!r}]", f"is {value!r}: write pt.Choice(...) or pt.Int(...)")
        else:
            table[str(name)] = {"constant": plain(value)}
    return table


def _limits(key: str, value: Any, mistakes: Mistakes) -> dict[str, Any]:
    if is_dataclass(value) and not isinstance(value, type):
        value = {name: limit for name, limit in asdict(value).items() if limit is not None}
    if not isinstance(value, Mapping):
        mistakes.note(key, f"is {value!r}: write pt.{key.capitalize()}(gpu_seconds=600)")
        return {}
    return dict(plain(value))


def _baselines(baselines: Any, mistakes: Mistakes) -> list[Any]:
    if not isinstance(baselines, Sequence) or isinstance(baselines, str):
        mistakes.note("baselines", f"is {baselines!r}: give a list of dicts")
        return []
    for position, point in enumerate(baselines):
        if not isinstance(point, Mapping):
            mistakes.note(f"baselines[{position}]", f"is {point!r}: give a dict of parameters")
    return [plain(point) if isinstance(point, Mapping) else {} for point in baselines]
