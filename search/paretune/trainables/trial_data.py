"""The study's data inside a trial. Imports no framework."""

from __future__ import annotations

from paretune.data.dataset import Dataset, load_once
from paretune.trainables import Context


def dataset(context: Context) -> Dataset:
    """The study's data, loaded once a trial, as a phase of its own."""
    if "dataset" not in context.scratch:
        with context.phase("data"):
            loaded = load_once(context.data)
        if loaded.cleaning:
            context.note(cleaning=dict(loaded.cleaning))
        context.scratch["dataset"] = loaded
    found: Dataset = context.scratch["dataset"]
    return found
