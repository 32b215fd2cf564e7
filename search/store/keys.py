"""What the product of a stage depends on, hashed: two stages with one key are one computation.

The key of a stage is the hash of: its name and the parameters it declares, the key of the stage
before it, and for all of them the data's fingerprint, the seed, the kind of device (costs do not
carry over from one to another) and the version of the code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Origin:
    """What all stages of a trial have in common."""

    trainable: str
    version: str  # of the trainable's code
    data: str  # fingerprint
    seed: int
    device_kind: str


@dataclass(frozen=True)
class PlannedStage:
    """A stage that applies to a configuration, and where its product would be."""

    name: str
    key: str
    params: Mapping[str, Any]  # the declared ones that are there


def chain_keys(
    origin: Origin, stages: list[tuple[str, Mapping[str, Any]]]
) -> tuple[PlannedStage, ...]:
    """The keys along a chain of (name, declared parameters)."""
    before = _hash(asdict(origin))
    planned = []
    for name, params in stages:
        before = _hash({"before": before, "stage": name, "params": dict(params)})
        planned.append(PlannedStage(name, before, dict(params)))
    return tuple(planned)


def _hash(record: Mapping[str, Any]) -> str:
    text = json.dumps(record, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
