"""Rows and their classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Split:
    """Images, or rows of any other shape, and their classes."""

    images: np.ndarray  # (n, *input_shape) uint8 or float32
    labels: np.ndarray  # (n,) int32, 0..classes-1; before cleaning also others

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: np.ndarray) -> Split:
        """A copy of these rows."""
        return Split(self.images[indices], self.labels[indices])
