"""Parameters of a search space written in Python; they become the tables of a space file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from paretune.api.plain_values import plain

When = Mapping[str, Any]


@dataclass(frozen=True)
class Float:
    """A real number from `low` to `high`, both included.

    Args:
        low: The least value.
        high: The greatest value.
        log: Search on a logarithmic scale; `low` must then be above 0.
        step: Only `low`, `low + step`, ... are tried; not beside `log`.
        default: What trials from before this parameter count as, where it is added later.
        when: Search it only where other parameters have these values, such as
            `{"optimizer": "sgd"}` or `{"optimizer": ["sgd", "adam"]}`. They must stand before it.

    Mistakes are told by `paretune.Study`, all at once.

    Examples:
        >>> import paretune as pt
        >>> space = {
        ...     "optimizer": pt.Choice("adam", "sgd"),
        ...     "lr": pt.Float(1e-4, 1e-1, log=True),
        ...     "momentum": pt.Float(0.0, 0.99, when={"optimizer": "sgd"}),
        ... }
    """

    low: float
    high: float
    log: bool = field(default=False, kw_only=True)
    step: float | None = field(default=None, kw_only=True)
    default: float | None = field(default=None, kw_only=True)
    when: When | None = field(default=None, kw_only=True)

    def to_table(self) -> dict[str, Any]:
        """As a space file has it."""
        return {"type": "float", **_given(self)}


@dataclass(frozen=True)
class Int:
    """A whole number from `low` to `high`, both included.

    Args:
        low: The least value.
        high: The greatest value; `"devices"` is as many devices as one trial can have.
        log: Search on a logarithmic scale; `low` must then be above 0.
        step: Only `low`, `low + step`, ... are tried; not beside `log`.
        default: What trials from before this parameter count as, where it is added later.
        when: Search it only where other parameters have these values; see `Float`.

    Examples:
        >>> import paretune as pt
        >>> space = {"batch_size": pt.Int(16, 512, log=True), "gpu_count": pt.Int(1, "devices")}
    """

    low: int
    high: int | str
    log: bool = field(default=False, kw_only=True)
    step: int | None = field(default=None, kw_only=True)
    default: int | None = field(default=None, kw_only=True)
    when: When | None = field(default=None, kw_only=True)

    def to_table(self) -> dict[str, Any]:
        """As a space file has it."""
        return {"type": "int", **_given(self)}


@dataclass(frozen=True, init=False)
class Choice:
    """One of several values, without an order: strings, numbers, True or False.

    Args:
        values: The values; a single one is a constant.
        default: What trials from before this parameter count as, where it is added later.
        when: Search it only where other parameters have these values; see `Float`.

    Examples:
        >>> import paretune as pt
        >>> pt.Choice(32, 8, 4).values
        (32, 8, 4)
    """

    values: tuple[Any, ...]
    default: Any
    when: When | None

    def __init__(self, *values: Any, default: Any = None, when: When | None = None) -> None:
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "default", default)
        object.__setattr__(self, "when", when)

    def to_table(self) -> dict[str, Any]:
        """As a space file has it."""
        table = {"choices": plain(self.values)}
        if self.default is not None:
            table["default"] = plain(self.default)
        return table if self.when is None else {**table, "when": plain(self.when)}


Parameter = Float | Int | Choice


def _given(parameter: Float | Int) -> dict[str, Any]:
    fields = ("low", "high", "log", "step", "default", "when")
    return {
        name: plain(value)
        for name in fields
        if (value := getattr(parameter, name)) is not None and value is not False
    }
