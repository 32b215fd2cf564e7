"""Which phases a configuration has, learnt from the trials there are.

A phase is skipped where it has nothing to do: without sparsity nothing is pruned, at 32 bits
nothing is quantized. Such a rule hangs on one parameter; the first one that tells the trials with
the phase from those without is taken. While a study runs the trainable itself says which stages
apply, and none of this is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from paretune.space.parameters import Range, same
from paretune.space.search_space import Space

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Presence:
    """How likely a phase is part of a configuration."""

    share: float  # of the trials seen that have it
    parameter: str | None = None  # that decides; None: nothing does
    above: float | None = None  # the phase is there for larger values of a range,
    reversed: bool = False  # or for others than larger ones
    values: tuple[Any, ...] = ()  # or for the choices seen with it

    def chance(self, params: Params) -> float:
        """0 to 1."""
        if self.parameter is None or self.parameter not in params:
            return self.share
        value = params[self.parameter]
        if self.above is not None:
            return float((value > self.above) != self.reversed)
        return float(any(same(value, other) for other in self.values) != self.reversed)

    @classmethod
    def learn(cls, space: Space, having: Sequence[Params], lacking: Sequence[Params]) -> Presence:
        """The rule that explains the configurations that have the phase and those that lack it."""
        share = len(having) / max(len(having) + len(lacking), 1)
        if not having or not lacking:
            return cls(share)
        for parameter in space.parameters:
            name = parameter.name
            if not all(name in params for params in (*having, *lacking)):
                continue
            there = [params[name] for params in having]
            absent = [params[name] for params in lacking]
            if isinstance(parameter, Range):
                if max(absent) < min(there):
                    # "Zero is off" is the usual rule; other borders lie somewhere between.
                    middle = (max(absent) + min(there)) / 2
                    above = parameter.low if max(absent) == parameter.low else middle
                    return cls(share, name, above=above)
                if max(there) < min(absent):
                    return cls(share, name, above=(max(there) + min(absent)) / 2, reversed=True)
            elif not any(same(one, other) for one in there for other in absent):
                # A choice never tried: the smaller side is the exception, the rest the rule.
                few = len(set(map(str, absent))) <= len(set(map(str, there)))
                listed = absent if few else there
                return cls(share, name, values=tuple(dict.fromkeys(listed)), reversed=few)
        return cls(share)
