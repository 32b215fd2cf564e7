"""Points of a search space: random ones, and those that differ from one in one parameter."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from paretune.space.parameters import Parameter, Range, is_active, same
from paretune.space.search_space import Space

_PLACES = 5  # of a range that are tried


def draw(space: Space, rng: np.random.Generator, devices: int) -> dict[str, Any]:
    """A configuration as a random search would draw it."""
    point: dict[str, Any] = {}
    for parameter in space.parameters:
        if is_active(parameter, point):
            point[parameter.name] = at(parameter, float(rng.random()), devices)
    return point


def middle(space: Space, devices: int) -> dict[str, Any]:
    """The middle of every range, the first of all choices."""
    point: dict[str, Any] = {}
    for parameter in space.parameters:
        if is_active(parameter, point):
            place = 0.5 if isinstance(parameter, Range) else 0.0
            point[parameter.name] = at(parameter, place, devices)
    return point


def completed(space: Space, params: Mapping[str, Any], devices: int) -> dict[str, Any]:
    """`params` without what no longer applies, and with the middle of what has come to apply."""
    point: dict[str, Any] = {k: v for k, v in params.items() if k not in space.names}
    usual = middle(space, devices)
    for parameter in space.parameters:
        if is_active(parameter, point):
            name = parameter.name
            place = 0.5 if isinstance(parameter, Range) else 0.0
            fallback = usual.get(name, at(parameter, place, devices))
            point[name] = params.get(name, fallback)
    return point


def neighbours(
    space: Space, params: Mapping[str, Any], devices: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The parameter that is changed, and the whole configuration with the change."""
    for parameter in space.parameters:
        name = parameter.name
        if name not in params:
            continue
        for value in values(parameter, devices):
            if not same(value, params[name]):
                yield name, completed(space, {**params, name: value}, devices)


def values(parameter: Parameter, devices: int) -> list[Any]:
    """The choices, or _PLACES places of the range, both ends among them."""
    if not isinstance(parameter, Range):
        return list(parameter.choices)
    places = (i / (_PLACES - 1) for i in range(_PLACES))
    return list(dict.fromkeys(at(parameter, place, devices) for place in places))


def at(parameter: Parameter, place: float, devices: int) -> Any:
    """The value at `place`, 0 to 1, of a parameter's range or among its choices."""
    if not isinstance(parameter, Range):
        return parameter.choices[
            min(int(place * len(parameter.choices)), len(parameter.choices) - 1)
        ]
    low, high = float(parameter.low), float(parameter.top(devices))
    if parameter.log:
        value = math.exp(math.log(low) + place * (math.log(high) - math.log(low)))
    else:
        value = low + place * (high - low)
    if parameter.whole:
        step = int(parameter.step or 1)
        count = round((value - low) / step)
        last = (int(parameter.top(devices)) - int(parameter.low)) // step
        return int(parameter.low) + min(max(count, 0), last) * step
    if parameter.step is not None:
        value = parameter.as_written(value)
    return min(max(float(f"{value:.6g}") if parameter.step is None else value, low), high)
