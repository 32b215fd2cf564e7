"""`--set section.key=value`: changes to a study file's table, made before it is checked."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from paretune.inputs.mistakes import Mistakes


def apply(
    table: Mapping[str, Any], overrides: Sequence[str]
) -> tuple[dict[str, Any], frozenset[str], Mistakes]:
    """The changed copy of `table`, the dotted keys that were set, and the mistakes."""
    result = copy.deepcopy(dict(table))
    mistakes = Mistakes()
    keys: set[str] = set()
    for text in overrides:
        key, equals, value = text.partition("=")
        key = key.strip()
        parts = key.split(".")
        if not equals or not all(parts):
            mistakes.append(f"--set {text}: write section.key=value, such as train.epochs=2")
            continue
        try:
            parsed = _value(value.strip())
        except ValueError as problem:
            mistakes.append(f"--set {text}: the value is not TOML ({problem})")
            continue
        target = result
        for part in parts[:-1]:
            target = target.setdefault(part, {})
            if not isinstance(target, dict):
                mistakes.append(f"--set {text}: {part} is not a section")
                break
        else:
            target[parts[-1]] = parsed
            keys.add(key)
    return result, frozenset(keys), mistakes


def _value(text: str) -> Any:
    # A bare word is a string: no shell should make people write --set 'sampler.name="nsgaii"'.
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as problem:
        if not text:
            raise ValueError("it is empty") from None
        if text[0] in "\"'[{":
            raise ValueError(str(problem)) from None
        return text
