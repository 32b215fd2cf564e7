"""What a training stage leaves for the next: weights.npz (no pickle), checkpoint.json.

The network itself is not stored but built again by its architecture from the recorded parameters,
so that a stage taken from a store and one that has just run are the same to the next.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from paretune.errors import TrainableError
from paretune.trial.files import write_json

_WEIGHTS = "weights.npz"
_OPTIMIZER = "optimizer.npz"
_RECORD = "checkpoint.json"
MODEL = "model.tflite"


@dataclass(frozen=True)
class Checkpoint:
    """How to build the network again, and what has been done to it."""

    params: Mapping[str, Any]  # as the train stage saw them
    input_shape: tuple[int, ...]
    classes: int
    epochs: int  # trained so far, fine-tuning included
    pruned: tuple[int, ...] = ()  # indices of the weights that were pruned
    zeros: int = 0  # weights that pruning removed
    grid_bits: int | None = None  # the weights lie on a symmetric grid of so many bits
    bits: int = 32  # of the weights in the file

    def save(
        self,
        folder: Path,
        weights: Sequence[np.ndarray],  # in the order of `model.get_weights()`
        optimizer: Sequence[np.ndarray] | None = None,  # None where nobody can go on from here
    ) -> None:
        """Write the files."""
        _save(folder / _WEIGHTS, weights)
        if optimizer is not None:
            _save(folder / _OPTIMIZER, optimizer)
        self.save_record(folder)

    def save_record(self, folder: Path) -> None:
        write_json(folder / _RECORD, asdict(self))

    @classmethod
    def load_record(cls, folder: Path) -> Checkpoint:
        record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        for name in ("input_shape", "pruned"):
            record[name] = tuple(record[name])
        return cls(**record)

    @staticmethod
    def load_weights(folder: Path) -> list[np.ndarray]:
        return _load(folder / _WEIGHTS)

    @staticmethod
    def load_optimizer(folder: Path) -> list[np.ndarray]:
        return _load(folder / _OPTIMIZER)


def _save(path: Path, arrays: Sequence[np.ndarray]) -> None:
    named: dict[str, Any] = {_name(index): array for index, array in enumerate(arrays)}
    np.savez(path, **named)


def _name(index: int) -> str:
    return f"a{index:04}"


def _load(path: Path) -> list[np.ndarray]:
    with np.load(path, allow_pickle=False) as archive:
        return [archive[_name(index)] for index in range(len(archive.files))]


def inputs_of(inputs: Path | None, stage: str) -> Path:
    """The folder of the stage before. Raises TrainableError where there is none."""
    if inputs is None:
        raise TrainableError(f"stage {stage!r} needs the product of the stage before it")
    return inputs
