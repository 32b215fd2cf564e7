"""What a study file's shape cannot say: names that must exist, points that must fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from paretune.catalog import DATA_KEYS, DATA_SOURCES, DOLLARS, MEASURED, TRAIN_KEYS, TRAINABLES
from paretune.inputs.mistakes import Mistakes, did_you_mean, is_number, is_whole, literal
from paretune.space.parameters import Range
from paretune.space.search_space import Space
from paretune.spec.study_file import StudyFile, directions
from paretune.text import is_visible

GPU_COUNT = "gpu_count"  # the one parameter that the engine itself reads
_TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*\Z")
_ENDS = ("trials", "gpu_seconds", "dollars", "wall_seconds")
_PRICELESS = "there are no prices: add a table [prices] such as cpu-core = 0.04 (dollars per hour)"
_CLOSE = 0.85  # gpu_second is a slip of the pen for gpu_seconds; test_seconds is a name of its own


def check(file: StudyFile, space: Space | None, gaps: frozenset[str] = frozenset()) -> Mistakes:
    """Every mistake beyond the file's shape. Without a space its points are not checked.

    The keys in `gaps` have been complained about already and are partly made up.
    """
    mistakes = Mistakes()
    _trainable(file, mistakes)
    _figures(file, mistakes)
    _tables(file, space, mistakes)
    budget = file.budget
    endless = all(value is None for value in budget.model_dump().values())
    if endless and "budget" not in gaps:
        mistakes.note("budget", f"is missing: give {' or '.join(_ENDS)}, or it never ends")
    if budget.dollars is not None and not file.prices and "prices" not in gaps:
        mistakes.note("budget.dollars", f"is {literal(budget.dollars)}, but {_PRICELESS}")
    if space is not None:
        _points(file, space, mistakes)
        _gpu_count(space, mistakes)
    _text(file.model_dump(), "", mistakes)
    return mistakes


def no_source(source: str, path: str) -> str:
    """The mistake of a data source that is neither a name nor a file."""
    return (
        f"is {literal(source)}: no file at {path} and no known data set; "
        f"known: {', '.join(DATA_SOURCES)}{did_you_mean(source, DATA_SOURCES)}"
    )


def _trainable(file: StudyFile, mistakes: Mistakes) -> None:
    name = file.trainable
    if name not in TRAINABLES and not _TARGET.match(name):
        mistakes.note(
            "trainable",
            f"is {literal(name)}: give one of {', '.join(TRAINABLES)}, or "
            f'"package.module:function"{did_you_mean(name, TRAINABLES)}',
        )
    if name == "keras" and "keras_model" not in file.train:
        mistakes.note(
            "train.keras_model", 'is missing: give "module:function" that returns the model'
        )


def _figures(file: StudyFile, mistakes: Mistakes) -> None:
    for section, names in (("objectives", file.objectives), ("constraints", file.constraints)):
        for name in names:
            if name != DOLLARS:
                _figure(f"{section}.", name, file.trainable, mistakes)
            elif not file.prices:
                mistakes.note(f"{section}.{name}", _PRICELESS)
    for name, direction in directions(file).items():
        if name in (*MEASURED, DOLLARS) and direction == "maximize":
            mistakes.note(f"objectives.{name}", 'is "maximize", but is a cost: write "minimize"')


def _figure(section: str, name: str, trainable: str, mistakes: Mistakes) -> None:
    if name in MEASURED:
        return
    if trainable in TRAINABLES:
        known = (*TRAINABLES[trainable].metrics, *MEASURED)
        if name not in known:
            mistakes.unknown(section, name, known)
        return
    # What a user's own function reports is known only once it has run.
    hint = did_you_mean(name, MEASURED, closeness=_CLOSE)
    if hint and _TARGET.match(trainable):
        mistakes.note(
            f"{section}{name}", f"is not measured{hint}; a metric of your own needs another name"
        )


def _tables(file: StudyFile, space: Space | None, mistakes: Mistakes) -> None:
    # A network of the user's own has parameters of its own, and the space declares them.
    train_keys = tuple(dict.fromkeys((*TRAIN_KEYS, *(space.names if space is not None else ()))))
    sections: Iterable[tuple[str, Mapping[str, Any], tuple[str, ...]]] = (
        ("train", file.train, train_keys),
        ("data", file.data, DATA_KEYS),
    )
    for section, table, known in sections:
        for key, value in table.items():
            if file.trainable in TRAINABLES and key not in known:
                mistakes.unknown(f"{section}.", key, known)
            if not _is_plain(value):
                mistakes.note(
                    f"{section}.{key}",
                    f"is {literal(value)}: use strings, finite numbers of at most 64 bits, true, "
                    "false, lists, tables",
                )
    count = file.train.get(GPU_COUNT, 1)
    if not _is_device_count(count):
        mistakes.note(
            f"train.{GPU_COUNT}", f"is {literal(count)}: give a whole number of at least 1"
        )
    source = file.data.get("source", "")
    if file.trainable in TRAINABLES and not isinstance(source, str):
        mistakes.note("data.source", f"is {literal(source)}: give a name or a path in quotes")


def _is_plain(value: Any) -> bool:
    """Is it JSON, and are its numbers those that every reader of it has?"""
    if isinstance(value, Mapping):
        return all(_is_plain(inner) for inner in value.values())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return isinstance(value, str | bool) or is_number(value)


def _text(value: Any, key: str, mistakes: Mistakes) -> None:
    """Names and strings are shown on terminals and kept in databases: no control characters."""
    if isinstance(value, str) and not is_visible(value):
        mistakes.note(key, f"is {literal(value)}: it holds control characters; leave them out")
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if not is_visible(name) or "\n" in name:
                mistakes.note(f"{key}.{literal(name)}".lstrip("."), "holds control characters")
            _text(inner, f"{key}.{name}".lstrip("."), mistakes)
    elif isinstance(value, list):
        for position, inner in enumerate(value, start=1):
            _text(inner, f"{key}.{position}", mistakes)


def _gpu_count(space: Space, mistakes: Mistakes) -> None:
    """Devices are leased whole, and a trial needs one."""
    if GPU_COUNT not in space.names:
        return
    parameter = space[GPU_COUNT]
    if isinstance(parameter, Range) and not parameter.whole:
        mistakes.note(f"space.{GPU_COUNT}.type", 'is "float": write "int"')
    values = (parameter.low,) if isinstance(parameter, Range) else parameter.choices
    for value in values:
        if not _is_device_count(value):
            mistakes.note(
                f"space.{GPU_COUNT}", f"has {literal(value)}: give whole numbers of at least 1"
            )


def _is_device_count(value: Any) -> bool:
    return is_whole(value) and value >= 1


def _points(file: StudyFile, space: Space, mistakes: Mistakes) -> None:
    for name, value in file.train.items():
        # [train] may go beyond what the space searches, but not change the kind of value.
        if name in space.names and isinstance(parameter := space[name], Range):
            whole = parameter.whole
            if not (is_whole(value) or (not whole and isinstance(value, float))):
                kind = "a whole number" if whole else "a number"
                mistakes.note(f"train.{name}", f"is {literal(value)}: give {kind}")
    fixed = space.fix(file.train)
    for position, point in enumerate(file.baseline, start=1):
        free = {k: v for k, v in point.items() if file.train.get(k, v) == v}
        for name in point.keys() - free.keys():
            mistakes.note(
                f"baseline.{position}.{name}",
                f"is {literal(point[name])}, but train.{name} = {literal(file.train[name])} "
                "fixes it for every trial: drop one of the two",
            )
        for problem in fixed.check_point(free):
            mistakes.append(f"baseline.{position}.{problem}")
