"""Reading a space file's table, with every mistake in it collected before anyone complains."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from paretune.inputs.mistakes import Mistakes, is_number, is_whole, literal
from paretune.space.parameters import DEVICES, Choices, Parameter, Range, Value
from paretune.text import is_visible

_COMMON = ("default", "when")
_KEYS = {
    "range": ("type", "low", "high", "log", "step", *_COMMON),
    "choices": ("choices", *_COMMON),
    "constant": ("constant", "when"),
}
_MARKS = {  # which keys tell the kinds apart
    "range": ("type", "low", "high", "log", "step"),
    "choices": ("choices",),
    "constant": ("constant",),
}
_NAME = re.compile(r"[A-Za-z0-9_-]+\Z")


def parse(table: Mapping[str, Any]) -> tuple[tuple[Parameter, ...], Mistakes]:
    """The parameters of a space file, in file order, and the mistakes in it."""
    mistakes = Mistakes()
    parameters: dict[str, Parameter] = {}
    for name, entry in table.items():
        parameter = _parameter(name, entry, mistakes)
        if parameter is None:
            continue
        _check_default(parameter, mistakes)
        parameters[name] = parameter
    for parameter in parameters.values():
        _check_when(parameter, parameters, table, mistakes)
    if not table:
        mistakes.append(
            'the file has no parameters: write [learning_rate] with type = "float", ...'
        )
    return tuple(parameters.values()), mistakes


def _parameter(name: str, entry: Any, mistakes: Mistakes) -> Parameter | None:
    if not _NAME.match(name):
        mistakes.note(literal(name), "is no parameter name: use letters, digits, _ and -")
        return None
    if not isinstance(entry, Mapping):
        cure = "choices" if isinstance(entry, list) else "constant"
        mistakes.note(
            name, f"is {literal(entry)}, not a table: write [{name}] {cure} = {literal(entry)}"
        )
        return None
    kinds = [kind for kind, marks in _MARKS.items() if any(mark in entry for mark in marks)]
    if len(kinds) != 1:
        found = "nothing" if not kinds else " and ".join(kinds)
        mistakes.note(name, f"has {found}: give low and high, or choices, or constant")
        return None
    kind = kinds[0]
    for key in entry:
        if key not in _KEYS[kind]:
            mistakes.unknown(f"{name}.", key, _KEYS[kind])
    when = _when(name, entry.get("when", {}), mistakes)
    if kind == "range":
        return _range(name, entry, when, mistakes)
    values = entry["choices"] if kind == "choices" else [entry["constant"]]
    if not _check_choices(f"{name}.{kind}", values, mistakes):
        return None
    return Choices(name, tuple(values), entry.get("default"), when)


def _range(
    name: str,
    entry: Mapping[str, Any],
    when: tuple[tuple[str, tuple[Value, ...]], ...],
    mistakes: Mistakes,
) -> Range | None:
    before = len(mistakes)
    kind = entry.get("type")
    if kind not in ("int", "float"):
        said = "is missing" if kind is None else f"is {literal(kind)}"
        mistakes.note(f"{name}.type", f'{said}: write "int" or "float"')
        return None
    whole = kind == "int"
    number = is_whole if whole else is_number
    wanted = "a whole number" if whole else "a number"
    for key in ("low", "high"):
        value = entry.get(key)
        if key not in entry:
            mistakes.note(f"{name}.{key}", f"is missing: give {wanted}")
        elif whole and key == "high" and value == DEVICES:
            continue
        elif not number(value):
            also = f' (or "{DEVICES}")' if whole and key == "high" else ""
            mistakes.note(f"{name}.{key}", f"is {literal(value)}: give {wanted}{also}")
    log = entry.get("log", False)
    if not isinstance(log, bool):
        mistakes.note(f"{name}.log", f"is {literal(log)}: write true or false")
    step = entry.get("step")
    if step is not None and not (number(step) and step > 0):
        mistakes.note(f"{name}.step", f"is {literal(step)}: give {wanted} above 0")
    elif step is not None and log is True:
        mistakes.note(f"{name}.step", f"is {literal(step)} beside log = true: drop one of the two")
    if len(mistakes) > before:
        return None
    result = Range(name, whole, entry["low"], entry["high"], log, step, entry.get("default"), when)
    _check_ends(result, mistakes)
    return result if len(mistakes) == before else None


def _check_ends(parameter: Range, mistakes: Mistakes) -> None:
    name, low, high = parameter.name, parameter.low, parameter.high
    if parameter.log and low <= 0:
        mistakes.note(f"{name}.low", f"is {low:g}: a log scale needs a low above 0")
    if isinstance(high, str):
        if low < 1:
            mistakes.note(f"{name}.low", f"is {low:g}: a trial needs at least 1 device")
        return
    if high < low:
        mistakes.note(f"{name}.high", f"is {high:g}, below low {low:g}")
    elif parameter.step is not None and parameter.problem(high) is not None:
        last = low + parameter.step * int((high - low) / parameter.step)
        mistakes.note(
            f"{name}.high",
            f"is {high:g}, not a whole number of steps of {parameter.step:g} above {low:g}: "
            f"write {last:g}",
        )


def _check_choices(key: str, values: Any, mistakes: Mistakes) -> bool:
    if not isinstance(values, list) or not values:
        mistakes.note(key, f"is {literal(values)}: give a list of values")
        return False
    before = len(mistakes)
    for position, value in enumerate(values):
        if not (isinstance(value, str | bool) or is_number(value)):
            mistakes.note(key, f"has {literal(value)}: use strings, numbers, true or false")
        elif isinstance(value, str) and not is_visible(value):
            mistakes.note(key, f"has {literal(value)}: it holds control characters; leave them out")
        elif value in values[:position]:  # Optuna's own equality, in which true is 1
            mistakes.note(key, f"has {literal(value)} twice: keep one")
    return len(mistakes) == before


def _when(name: str, entry: Any, mistakes: Mistakes) -> tuple[tuple[str, tuple[Value, ...]], ...]:
    if not isinstance(entry, Mapping):
        mistakes.note(f"{name}.when", f'is {literal(entry)}: write when = {{optimizer = "sgd"}}')
        return ()
    return tuple(
        (parent, tuple(values) if isinstance(values, list) else (values,))
        for parent, values in entry.items()
    )


def _check_default(parameter: Parameter, mistakes: Mistakes) -> None:
    if parameter.default is not None:
        problem = parameter.problem(parameter.default)
        if problem:
            mistakes.note(f"{parameter.name}.default", problem)


def _check_when(
    parameter: Parameter,
    parameters: Mapping[str, Parameter],
    table: Mapping[str, Any],
    mistakes: Mistakes,
) -> None:
    order = list(table)
    for parent, values in parameter.when:
        key = f"{parameter.name}.when.{parent}"
        if parent not in table:
            mistakes.unknown(
                f"{parameter.name}.when.", parent, [n for n in order if n != parameter.name]
            )
        elif order.index(parent) >= order.index(parameter.name):
            mistakes.note(key, f"is decided later: move [{parent}] above [{parameter.name}]")
        elif not values:
            mistakes.note(key, "is an empty list: name a value, or drop the condition")
        elif parent in parameters:
            for value in values:
                problem = parameters[parent].problem(value)
                if problem:
                    mistakes.note(key, f"can never be met: {parent} {problem}")
