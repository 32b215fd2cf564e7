"""Which stages apply to a configuration, and under which keys their products would be stored.

Asked by the driver of the warm parent, which has the trainable at hand, and by the trial itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from paretune.stages.stage_keys import Link, Origin, PlannedStage, chain_keys
from paretune.trainables import Trainable
from paretune.worker.code_version import source_version


def plan(
    trainable: Trainable, origin: Origin, params: Mapping[str, Any]
) -> tuple[PlannedStage, ...]:
    """The chain for these parameters; keys only compare within one origin."""
    code = [source_version(name) for name in trainable.modules(params)]
    if code:
        origin = replace(origin, version=" ".join([origin.version, *code]))
    links = []
    for stage in trainable.stages:
        if not stage.when(params):
            continue
        declared = {name: params[name] for name in stage.declared(params)}
        exact = stage.prefix is not None and stage.prefix_exact(params)
        links.append(Link(stage.name, declared, stage.stored, stage.prefix if exact else None))
    return chain_keys(origin, links)
