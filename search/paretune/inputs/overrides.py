"""Overrides of a study file: changes to its table that are made before it is checked."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from paretune.inputs.mistakes import Mistakes

# Values by dotted key, such as {"train.epochs": 2}, or texts such as "train.epochs=2".
Overrides = Mapping[str, Any] | Sequence[str]


def apply(
    table: Mapping[str, Any], overrides: Overrides
) -> tuple[dict[str, Any], frozenset[str], Mistakes]:
    """The changed copy of `table`, the dotted keys that were set, and the mistakes."""
    mistakes = Mistakes()
    values = overrides if isinstance(overrides, Mapping) else _parsed(overrides, mistakes)
    result = copy.deepcopy(dict(table))
    keys: set[str] = set()
    for key, value in values.items():
        *sections, last = key.split(".")
        target = result
        for section in sections:
            target = target.setdefault(section, {})
            if not isinstance(target, dict):
                mistakes.append(f"override {key}: {section} is not a section")
                break
        else:
            target[last] = copy.deepcopy(value)
            keys.add(key)
    return result, frozenset(keys), mistakes


def _parsed(texts: Sequence[str], mistakes: Mistakes) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        key = key.strip()
        if not equals or not all(key.split(".")):
            mistakes.append(f"override {text}: write section.key=value, such as train.epochs=2")
            continue
        try:
            values[key] = _value(value.strip())
        except ValueError as problem:
            mistakes.append(f"override {text}: the value is not TOML ({problem})")
    return values


def _value(text: str) -> Any:
    # A bare word is a string: no shell should make people write 'sampler.name="nsgaii"'.
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as problem:
        if not text:
            raise ValueError("it is empty") from None
        if text[0] in "\"'[{":
            raise ValueError(str(problem)) from None
        return text
    except RecursionError:
        raise ValueError("its tables lie too deep within each other") from None
