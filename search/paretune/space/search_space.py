"""A search space: parameters in file order, some of them only under a condition.

    [optimizer]
    choices = ["adam", "sgd"]

    [momentum]
    type = "float"
    low = 0.0
    high = 0.99
    when = {optimizer = "sgd"}

`suggest` walks the file from top to bottom (Optuna's define-by-run), so that a condition may only
look upwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from optuna.distributions import BaseDistribution

from paretune.errors import SpaceError
from paretune.inputs.mistakes import did_you_mean, literal
from paretune.inputs.toml_files import find, read_toml, shown
from paretune.space import space_file
from paretune.space.parameters import (
    Choices,
    Parameter,
    Suggesting,
    Value,
    default_of,
    describe_when,
    is_active,
)


@dataclass(frozen=True)
class Space:
    """What is searched. Frozen; compare two with `changes`."""

    parameters: tuple[Parameter, ...]
    place: str = ""  # where it was read, for messages

    @classmethod
    def load(cls, name: str, base: Path | None = None) -> Space:
        """Read a bundled space, or a file (relative to `base`). Raises SpaceError."""
        path = find("spaces", name, base)
        return cls.from_table(read_toml(path, "spaces"), shown(path))

    @classmethod
    def from_table(cls, table: Mapping[str, Any], place: str) -> Space:
        """Build it from a parsed file. Raises SpaceError with every mistake in it."""
        parameters, mistakes = space_file.parse(table)
        if mistakes:
            raise SpaceError(place, mistakes)
        return cls(parameters, place)

    @classmethod
    def from_json(cls, record: Mapping[str, Any], place: str = "stored space") -> Space:
        """The inverse of `to_json`."""
        return cls.from_table(record, place)

    def to_json(self) -> dict[str, Any]:
        """Complete, in file order, in the shape of a space file."""
        return {parameter.name: parameter.to_table() for parameter in self.parameters}

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' names, in file order."""
        return tuple(parameter.name for parameter in self.parameters)

    def __getitem__(self, name: str) -> Parameter:
        """The parameter of that name. Raises KeyError."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise KeyError(name)

    def fix(self, values: Mapping[str, Any]) -> Space:
        """The space in which the parameters named in `values` are constants of that value."""
        return replace(
            self,
            parameters=tuple(
                Choices(p.name, (values[p.name],), when=p.when) if p.name in values else p
                for p in self.parameters
            ),
        )

    def suggest(self, trial: Suggesting, devices: int) -> dict[str, Value]:
        """Ask `trial` for every active parameter, in file order, where there are `devices`."""
        params: dict[str, Value] = {}
        for parameter in self.parameters:
            if is_active(parameter, params):
                params[parameter.name] = parameter.suggest(trial, devices)
        return params

    def distributions(self, devices: int) -> dict[str, BaseDistribution]:
        """Of all parameters, the conditional ones too."""
        return {p.name: p.distribution(devices) for p in self.parameters}

    def active(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        """The names that play a part where `params` are the values, in file order.

        A constant counts as given.
        """
        known: dict[str, Any] = {}
        names: list[str] = []
        for parameter in self.parameters:
            # A value that its own parameter's condition rules out decides nothing either.
            if is_active(parameter, known):
                name = parameter.name
                names.append(name)
                if name in params:
                    known[name] = params[name]
                elif isinstance(parameter, Choices) and len(parameter.choices) == 1:
                    known[name] = parameter.choices[0]
        return tuple(names)

    def holds(self, params: Mapping[str, Any]) -> bool:
        """Are the values of its parameters among `params` a whole point of it, on any devices?"""
        point = {name: params[name] for name in self.active(params) if name in params}
        missing = set(self.active(params)) - set(point)
        return not missing and not self.check_point(point)

    def check_point(self, params: Mapping[str, Any], devices: int | None = None) -> list[str]:
        """What is wrong with a (partial) point, such as a baseline; one line each.

        Without `devices` a parameter up to "devices" may be as large as it likes.
        """
        problems: list[str] = []
        active = self.active(params)
        for name, value in params.items():
            if name not in self.names:
                problems.append(
                    f"{name} is not in the space{did_you_mean(name, self.names)}; "
                    f"known: {', '.join(self.names)}"
                )
                continue
            parameter = self[name]
            problem = parameter.problem(value, devices)
            if problem:
                problems.append(f"{name} {problem}")
            elif name not in active:
                problems.append(
                    f"{name} is {literal(value)}, but is only searched where "
                    f"{describe_when(parameter)}: set that too, or drop {name}"
                )
        return problems

    def changes(self, old: Space) -> tuple[list[str], list[str]]:
        """What differs from `old`, the space of a study's earlier trials: (allowed, refused).

        Allowed is what leaves every earlier trial a point of this space; the new distributions are
        then written to the storage (paretune.study.stored_trials.widen_trials), since Optuna itself
        takes no changed list of choices.
        """
        allowed: list[str] = []
        refused: list[str] = []
        for parameter in old.parameters:
            if parameter.name not in self.names:
                refused.append(f"{parameter.name} is gone (was {parameter.describe()})")
        for parameter in self.parameters:
            name, now = parameter.name, parameter.describe()
            if name not in old.names:
                default = default_of(parameter)
                if default is None:
                    refused.append(
                        f"{name} is new ({now}) without a default: give the value that earlier "
                        f"trials had, as {name}.default"
                    )
                else:
                    allowed.append(f"{name} is new ({now}); earlier trials had {literal(default)}")
                continue
            before = old[name]
            was = before.describe()
            if dict(parameter.when) != dict(before.when):
                refused.append(
                    f"{name} is searched where {describe_when(parameter) or 'always'} "
                    f"(was: {describe_when(before) or 'always'})"
                )
            elif not parameter.contains(before):
                refused.append(f"{name} is {now} (was {was}), which earlier trials may lie outside")
            elif _bare(parameter) != _bare(before):
                allowed.append(f"{name} is {now} (was {was})")
        return allowed, refused


def _bare(parameter: Parameter) -> Parameter:
    # The default plays no part in what is searched.
    return replace(parameter, default=None)
