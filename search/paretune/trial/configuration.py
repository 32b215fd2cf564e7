"""Every parameter of a trial: those that were sampled, and those that [train] fixes for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

GPU_COUNT = "gpu_count"
EPOCHS = "epochs"


@dataclass(frozen=True)
class Configuration:
    """Made once, where a trial is asked for or read (`StudySpec.configure`), and passed on."""

    sampled: Mapping[str, Any]
    fixed: Mapping[str, Any] = field(default_factory=dict)  # [train]

    @cached_property
    def params(self) -> Mapping[str, Any]:
        """All of them, as the trainable sees them."""
        return {**self.fixed, **self.sampled}

    @property
    def gpu_count(self) -> int:
        """How many devices it needs; 1 where nothing says otherwise."""
        return int(self.params.get(GPU_COUNT, 1))

    @property
    def epochs(self) -> int | None:
        """How long it trains; None where the trainable has no such parameter."""
        epochs = self.params.get(EPOCHS)
        return epochs if isinstance(epochs, int) else None
