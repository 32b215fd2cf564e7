"""A configuration as numbers for the cost models, and what is known of their slopes beforehand.

Numbers that act by their ratio (a logarithmic range, or one that spans a factor of two) become
logarithms, others their place in the range; choices become one column each, and choices of
numbers (bits) a logarithm besides. 0 is the middle, and where a parameter plays no part.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from paretune.predict.regression import Floats, Prior
from paretune.space.parameters import Choices, Parameter, Range, same
from paretune.space.search_space import Space

Kind = Literal["training", "work", "overhead", "memory", "size", "figure"]

EPOCHS = "epochs"
# Phases that train: they take as long as there are epochs.
TRAINING = frozenset({"train", "decay", "prune", "qat"})
_SIZES = frozenset({"model_kib", "model_kib_compressed"})

# The effect of a parameter that nothing is known of, from one end of its range to the other.
_UNKNOWN = 0.15
# Slope and its uncertainty in d log(figure) / d log(parameter), where physics says something.
# "work" is a phase beside training (conversion), "overhead" what is paid around all of them.
_SLOPES: dict[Kind, dict[str, tuple[float, float]]] = {
    "training": {
        "epochs": (1.0, 0.1),
        "prune_epochs": (1.0, 0.3),
        "qat_epochs": (1.0, 0.3),
        "batch_size": (-0.1, 0.15),
        "gpu_count": (0.3, 0.3),  # in device-seconds: 0 if n devices are n times as fast
        "width": (1.0, 0.5),
    },
    "work": {"gpu_count": (0.9, 0.3), "epochs": (0.0, 0.01), "batch_size": (0.0, 0.01)},
    "overhead": {"gpu_count": (0.9, 0.3), "epochs": (0.0, 0.02), "batch_size": (0.0, 0.02)},
    "memory": {
        "batch_size": (0.3, 0.3),
        "width": (0.3, 0.3),
        "epochs": (0.0, 0.01),
        "gpu_count": (0.0, 0.1),
    },
    "size": {
        "width": (1.5, 0.4),
        "bits": (0.9, 0.1),
        "epochs": (0.0, 0.002),
        "batch_size": (0.0, 0.002),
        "gpu_count": (0.0, 0.0005),
        "learning_rate": (0.0, 0.002),
        "momentum": (0.0, 0.002),
    },
    "figure": {},
}
# Prior medians of noise and drift; what is not here varies as times do.
_NOISE: dict[Kind, tuple[float, float]] = {"memory": (0.1, 0.0), "size": (0.005, 0.0)}
_TIMES = (0.1, 0.1)


@dataclass(frozen=True)
class _Column:
    parameter: str
    of: Callable[[Any], float]
    log: bool
    span: float  # between the ends of the range


class Features:
    """The columns of one space, where a trial may lease up to `devices` devices."""

    def __init__(self, space: Space, devices: int, cold_epochs: float = 0.0) -> None:
        self.space = space
        # A training begins cold: it costs as much as so many epochs beside those it is asked for.
        self.cold_epochs = cold_epochs
        self._columns = [c for p in space.parameters for c in _columns(p, devices, cold_epochs)]
        self.width = len(self._columns)

    def row(self, params: Mapping[str, Any]) -> Floats:
        """(f,) of one configuration."""
        active = set(self.space.active(params))
        return np.array(
            [
                c.of(params[c.parameter])
                if c.parameter in params and c.parameter in active
                else 0.0
                for c in self._columns
            ]
        )

    def prior(self, kind: Kind) -> Prior:
        """What is known of the slopes of a figure of that kind."""
        known = _SLOPES[kind]
        slopes, spread = [], []
        for column in self._columns:
            slope, off = 0.0, _UNKNOWN / column.span
            if column.log and column.parameter in known:
                slope, off = known[column.parameter]
            slopes.append(slope)
            spread.append(off)
        return Prior(np.array(slopes), np.array(spread), *_NOISE.get(kind, _TIMES))


def kind_of(figure: str) -> Kind:
    """What kind of figure a phase's name or a figure's name stands for."""
    if figure in TRAINING:
        return "training"
    if figure in _SIZES:
        return "size"
    return "memory" if figure.endswith("memory_mib") else "figure"


def _columns(parameter: Parameter, devices: int, cold_epochs: float) -> list[_Column]:
    name = parameter.name
    if isinstance(parameter, Range):
        low, high = parameter.low, parameter.top(devices)
        if high <= low:
            return []
        if name == EPOCHS and low + cold_epochs > 0:
            ends = math.log(low + cold_epochs), math.log(high + cold_epochs)
            middle = sum(ends) / 2
            return [
                _Column(name, lambda v: math.log(v + cold_epochs) - middle, True, ends[1] - ends[0])
            ]
        if low > 0 and (parameter.log or high / low >= 2):
            middle, span = (math.log(low) + math.log(high)) / 2, math.log(high / low)
            return [_Column(name, lambda v: math.log(max(v, low)) - middle, True, span)]
        return [_Column(name, lambda v: (v - low) / (high - low) - 0.5, False, 1.0)]
    return _choices(parameter)


def _choices(parameter: Choices) -> list[_Column]:
    choices, name = parameter.choices, parameter.name
    k = len(choices)
    if k == 1:
        return []
    columns = []
    if k > 2 and all(_positive(choice) for choice in choices):
        logs = [math.log(float(choice)) for choice in choices]
        middle = (min(logs) + max(logs)) / 2
        span = max(logs) - min(logs)
        columns.append(_Column(name, lambda v: math.log(float(v)) - middle, True, span))
    for choice in choices if k > 2 else choices[:1]:
        columns.append(_Column(name, _is(choice, k), False, 1.0))
    return columns


def _is(choice: Any, k: int) -> Callable[[Any], float]:
    return lambda value: float(same(value, choice)) - 1 / k


def _positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0
