"""The study's data inside a trial. Imports no framework."""

from __future__ import annotations

from paretune.data.dataset import Dataset, load_once
from paretune.trainables import Context


def dataset(context: Context, fraction: float = 1.0) -> Dataset:
    """The study's data, loaded once a trial, as a phase of its own.

    With a `fraction`, only that share of the training rows, of every class.
    """
    if "dataset" not in context.scratch:
        with context.phase("data"):
            loaded = load_once(context.data)
        if loaded.cleaning:
            context.note(cleaning=dict(loaded.cleaning))
        context.scratch["dataset"] = loaded
    found: Dataset = context.scratch["dataset"]
    if fraction >= 1:
        return found
    parts = context.scratch.setdefault("fractions", {})
    if fraction not in parts:
        with context.phase("data"):
            parts[fraction] = found.with_fraction(fraction)
    part: Dataset = parts[fraction]
    return part
