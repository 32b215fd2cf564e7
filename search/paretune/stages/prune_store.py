"""Prunes a store for a user: what is broken first, then what is worth least."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from paretune.stages.stage_store import StageStore, StoredStage, StoreProblem


@dataclass(frozen=True)
class Pruned:
    """What has been removed."""

    broken: Sequence[str]  # keys of entries that were not whole
    evicted: Sequence[StoredStage]


def prune(store: StageStore, limit_mib: float | None) -> Pruned:
    """Remove broken entries, then the least worth ones until the rest fits; None removes all.

    Every file is read. Trials may run meanwhile: they compute again what they miss. Raises
    StoreProblem where the disk cannot be read, or keeps what should go.
    """
    broken = []
    for key in store.stored_keys():
        entry = store.read(key)
        if entry is None or not store.is_whole(entry):
            store.remove(key)
            broken.append(key)
    # Entries without files weigh nothing, so that a limit of nothing would keep them.
    evicted = store.evict(-math.inf if limit_mib is None else limit_mib)
    left = {*broken, *(entry.key for entry in evicted)}.intersection(store.stored_keys())
    if left:
        raise StoreProblem(
            f"cannot remove {len(left)} entries of the stage store {store.folder}: "
            "is it read-only, or another user's?"
        )
    return Pruned(broken, evicted)
