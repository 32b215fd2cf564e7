"""What the product of a stage depends on, hashed: two stages with one key are one computation.

The key of a stage is the hash of: its name and the parameters it declares, the key of the stage
before it, and for all of them the data's fingerprint, the seed, the kind of device (costs do not
carry over from one to another) and the version of the code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

MOST_PREFIXES = 1000  # each is a hash, and a look into the store


@dataclass(frozen=True)
class Origin:
    """What all stages of a trial have in common."""

    trainable: str
    version: str  # of the trainable's code
    data: str  # fingerprint
    seed: int
    device_kind: str

    @classmethod
    def nowhere(cls) -> Origin:
        """Of a trial that shares nothing."""
        return cls("", "", "", 0, "")


@dataclass(frozen=True)
class PlannedStage:
    """A stage that applies to a configuration, and where its product would be."""

    name: str
    key: str
    params: Mapping[str, Any]  # the declared ones that are there
    stored: bool  # may a stored product stand in for it?
    prefixes: tuple[tuple[int, str], ...] = ()  # (value, key) of shorter runs it passes through

    def is_prefix(self, key: str) -> bool:
        """Is that the key of a shorter run of this stage?"""
        return any(other == key for _, other in self.prefixes)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> PlannedStage:
        prefixes = tuple((value, key) for value, key in record["prefixes"])
        return cls(**{**record, "prefixes": prefixes})


# The stages of a configuration; () where nothing is shared.
Plan = Callable[[Mapping[str, Any]], Sequence[PlannedStage]]


@dataclass(frozen=True)
class Link:
    """A stage as the keys need it: its name, its parameters, how far it may be shared."""

    name: str
    params: Mapping[str, Any]
    stored: bool = True
    prefix: str | None = None  # the parameter of which shorter runs are prefixes


def chain_keys(origin: Origin, links: Sequence[Link]) -> tuple[PlannedStage, ...]:
    """The keys along a chain."""
    before = _hash(asdict(origin))
    planned = []
    for link in links:

        def key(params: Mapping[str, Any], link: Link = link, before: str = before) -> str:
            return _hash({"before": before, "stage": link.name, "params": dict(params)})

        prefixes = [
            (shorter, key({**link.params, link.prefix: shorter}))
            for shorter in _shorter(link)
            if link.prefix is not None
        ]
        before = key(link.params)
        planned.append(
            PlannedStage(link.name, before, dict(link.params), link.stored, tuple(prefixes))
        )
    return tuple(planned)


def _shorter(link: Link) -> range:
    """The shorter runs that are looked for: all, or of very many those of a round length."""
    whole = 1 if link.prefix is None else int(link.params.get(link.prefix, 1))
    step = 1
    while (whole - 1) // step > MOST_PREFIXES:
        step *= 10
    return range(step, whole, step)


def _hash(record: Mapping[str, Any]) -> str:
    text = json.dumps(record, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
