"""What a training stage leaves for the next."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from paretune.errors import TrainableError
from paretune.trainables.checkpoint import Checkpoint, inputs_of


def test_weights_come_back_in_their_order_however_many(tmp_path: Path) -> None:
    """More arrays than four digits count: the order is that of the network, not of the names."""
    weights = [np.full(1, index, np.float32) for index in range(10_050)]
    Checkpoint({"width": 1.0}, (28, 28, 1), 10, 3).save(tmp_path, weights)
    assert [int(array[0]) for array in Checkpoint.load_weights(tmp_path)] == list(range(10_050))


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    """Shapes and indices are tuples again after JSON, and the optimizer is there if it was left."""
    record = Checkpoint(
        {"width": 1.0}, (28, 28, 1), 10, 3, pruned=(2, 4), zeros=7, grid_bits=4, bits=4
    )
    record.save(tmp_path, [np.ones((2, 3), np.float32)], [np.array(5), np.zeros(2)])
    assert Checkpoint.load_record(tmp_path) == record
    steps, moments = Checkpoint.load_optimizer(tmp_path)
    assert int(steps) == 5
    assert moments.shape == (2,)


def test_a_stage_without_inputs_is_named() -> None:
    """Pruning what nobody has trained: the stage is told."""
    with pytest.raises(TrainableError, match="stage 'prune' needs the product"):
        inputs_of(None, "prune")
