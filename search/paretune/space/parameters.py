"""One parameter of a search space: a range of numbers, or a list of choices (one: a constant).

Values are those of TOML: str, bool, int, float. `1` and `1.0` are the same choice to Optuna, and
so is `true`; a list that mixes them is refused when it is read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from paretune.errors import SpaceError
from paretune.inputs.mistakes import is_number, is_whole, literal

Value = str | bool | int | float
DEVICES = "devices"  # as a range's high: as many devices as there are


class Suggesting(Protocol):
    """An `optuna.Trial`, as far as it is asked for values."""

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int: ...
    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float: ...
    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any: ...


@dataclass(frozen=True)
class Range:
    """Whole or real numbers from `low` to `high`, both included."""

    name: str
    whole: bool
    low: float
    high: float | str  # a number, or "devices"
    log: bool = False
    step: float | None = None
    default: float | None = None
    when: tuple[tuple[str, tuple[Value, ...]], ...] = ()

    def top(self, devices: int) -> float:
        """The upper end where there are `devices` devices. Raises SpaceError below `low`."""
        if isinstance(self.high, str):
            if devices < self.low:
                raise SpaceError(
                    self.name,
                    [f"low is {self.low:g}, but there are {devices} devices: lower it"],
                )
            return devices
        return self.high

    def distribution(self, devices: int) -> BaseDistribution:
        """As Optuna knows it."""
        low, high = self.low, self.top(devices)
        if self.whole:
            return IntDistribution(int(low), int(high), log=self.log, step=int(self.step or 1))
        step = self._optuna_step
        return FloatDistribution(low, self._last(high), log=self.log, step=step)

    def suggest(self, trial: Suggesting, devices: int) -> Value:
        """Ask the trial for a value."""
        low, high = self.low, self.top(devices)
        if self.whole:
            step = int(self.step or 1)
            return trial.suggest_int(self.name, int(low), int(high), step=step, log=self.log)
        # A baseline may say `width = 1`: the trainable gets the float all the same.
        last = self._last(high)
        value = trial.suggest_float(self.name, low, last, step=self._optuna_step, log=self.log)
        return float(value) if self.step is None else self.as_written(float(value))

    def _last(self, high: float) -> float:
        return high if self.step is None else self.as_written(high)

    @property
    def _optuna_step(self) -> float | None:
        # Optuna holds numbers to be off a grid that is as fine as their own rounding.
        if self.step is None or isinstance(self.high, str):
            return self.step
        return (
            self.step if _rounding(max(abs(self.low), abs(self.high)), self.step) < _OFF else None
        )

    def spread(self, devices: int, most: int) -> list[Value]:
        """At most `most` (2 or more) of the values, evenly, both ends among them.

        None where they cannot be counted: real numbers without steps.
        """
        step = self.step or (1 if self.whole else None)
        if step is None:
            return []
        if self.whole:
            last = int(self.top(devices) - self.low) // int(step)
        else:
            last = int((self.top(devices) - self.low) / step * (1 + 1e-12) + 1e-9)
        if last < most:
            places = list(range(last + 1))
        else:
            places = [min(round(i * last / (most - 1)), last) for i in range(most)]
        if self.whole:
            return [int(self.low) + i * int(step) for i in places]
        return [self.as_written(self.low + i * step) for i in places]

    def as_written(self, value: float) -> float:
        """The step of a real range next to `value`, as a file would spell it.

        0.15, not Optuna's 0.15000000000000002: equal points must have equal keys in the store.
        """
        step = self.step or 0.0
        low, width = Decimal(str(self.low)), Decimal(str(step))
        return float(low + round((value - self.low) / step) * width)

    def problem(self, value: Any, devices: int | None = None) -> str | None:
        """Why `value` is not in the range, or None. Without `devices` "devices" has no end."""
        if not (is_whole(value) if self.whole else is_number(value)):
            return f"is {literal(value)}, not {'a whole' if self.whole else 'a'} number"
        high = self.high
        if isinstance(high, str):
            high = float("inf") if devices is None else devices
        if not self.low <= value <= high:
            return f"is {literal(value)}, outside {self.describe(devices)}"
        if self.step and not _on_grid(value, self.low, self.step):
            return f"is {literal(value)}, off the grid of {self.describe(devices)}"
        return None

    def contains(self, other: Parameter) -> bool:
        """Is every value of `other` one of mine, on any number of devices?"""
        if isinstance(other, Choices):
            return all(self.problem(value) is None for value in other.choices)
        if other.whole != self.whole or other.low < self.low or not self._reaches(other.high):
            return False
        if other.low == other.high:
            return self.problem(other.low) is None
        mine = self.step or (1 if self.whole else None)
        theirs = other.step or (1 if other.whole else None)
        if mine is None:
            return True
        return (
            theirs is not None and _on_grid(other.low, self.low, mine) and _on_grid(theirs, 0, mine)
        )

    def _reaches(self, high: float | str) -> bool:
        if isinstance(self.high, str) or isinstance(high, str):
            # What "devices" is differs from machine to machine; it never invalidates a trial.
            return isinstance(self.high, str)
        return high <= self.high

    def describe(self, devices: int | None = None) -> str:
        """'1 to 8', with log and step where they are set."""
        high = self.high
        if isinstance(high, str):
            high = f"the {devices} devices there are" if devices is not None else "devices"
        else:
            high = f"{high:g}"
        extra = ", log" if self.log else ""
        extra += f", in steps of {self.step:g}" if self.step else ""
        return f"{self.low:g} to {high}{extra}"

    def to_table(self) -> dict[str, Any]:
        """As the space file has it, complete."""
        table: dict[str, Any] = {"type": "int" if self.whole else "float"}
        table |= {"low": self.low, "high": self.high}
        if self.log:
            table["log"] = True
        if self.step is not None:
            table["step"] = self.step
        return table | _common(self)


@dataclass(frozen=True)
class Choices:
    """One of a list of values, without an order. A single choice is a constant."""

    name: str
    choices: tuple[Value, ...]
    default: Value | None = None
    when: tuple[tuple[str, tuple[Value, ...]], ...] = ()

    def distribution(self, devices: int) -> BaseDistribution:
        """As Optuna knows it."""
        return CategoricalDistribution(self.choices)

    def suggest(self, trial: Suggesting, devices: int) -> Value:
        """Ask the trial for a value."""
        value = trial.suggest_categorical(self.name, self.choices)
        return next(choice for choice in self.choices if same(choice, value))

    def problem(self, value: Any, devices: int | None = None) -> str | None:
        """Why `value` is no choice, or None."""
        if any(same(value, choice) for choice in self.choices):
            return None
        return f"is {literal(value)}, not {self.describe()}"

    def contains(self, other: Parameter) -> bool:
        """Is every value of `other` one of mine?"""
        if isinstance(other, Choices):
            return all(self.problem(value) is None for value in other.choices)
        return False

    def describe(self, devices: int | None = None) -> str:
        """'one of 8, 4', or the constant."""
        listed = ", ".join(literal(choice) for choice in self.choices)
        return listed if len(self.choices) == 1 else f"one of {listed}"

    def to_table(self) -> dict[str, Any]:
        """As the space file has it, complete."""
        return {"choices": list(self.choices)} | _common(self)


Parameter = Range | Choices


def same(one: Any, other: Any) -> bool:
    """Equal as TOML values: true is not 1, but 1.0 is."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def default_of(parameter: Parameter) -> Value | None:
    """What trials from before the parameter count as: its default, or the constant itself."""
    if isinstance(parameter, Choices) and len(parameter.choices) == 1:
        return parameter.choices[0]
    return parameter.default


def is_active(parameter: Parameter, params: Mapping[str, Any]) -> bool:
    """Do the values given fulfil its `when`? A missing one does not."""
    return all(
        parent in params and any(same(params[parent], value) for value in values)
        for parent, values in parameter.when
    )


def describe_when(parameter: Parameter) -> str:
    """'optimizer = "sgd"', as in the file."""
    return " and ".join(
        f"{parent} = {literal(values[0] if len(values) == 1 else values)}"
        for parent, values in parameter.when
    )


def _common(parameter: Parameter) -> dict[str, Any]:
    table: dict[str, Any] = {}
    if parameter.default is not None:
        table["default"] = parameter.default
    if parameter.when:
        table["when"] = {parent: list(values) for parent, values in parameter.when}
    return table


_OFF = 1e-8  # steps beside a grid: Optuna's own tolerance


def _on_grid(value: float, origin: float, step: float) -> bool:
    steps = (value - origin) / step
    return abs(steps - round(steps)) < _OFF + 4 * _rounding(max(abs(value), abs(origin)), step)


def _rounding(value: float, step: float) -> float:
    """What the rounding of a number of that size comes to, in steps."""
    return math.ulp(value) / step
