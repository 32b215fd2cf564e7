"""Measurements kept as rows are the measurements they were made of."""

from __future__ import annotations

from paretune.measure import Measurement
from paretune.measure.cost_rows import CostRows, gpu_seconds_of, total_seconds

ROWS = CostRows(
    {"wall_seconds": 0, "gpu_seconds": 1, "energy_j": 2},
    {"start": [0.5, 0.25, None], "train": [3.0, 6.0, 40.0]},
)
MADE = {
    "start": Measurement(0.5, 0.25),
    "train": Measurement(3.0, 6.0, energy_j=40.0),
}


def test_rows_are_measurements_by_phase() -> None:
    """What has no column, or no figure in its row, could not be measured."""
    assert MADE == ROWS
    assert list(ROWS.values()) == list(MADE.values())


def test_seconds_are_read_off_the_rows() -> None:
    """The same as of measurements, in the same order; none where they have no column."""
    assert gpu_seconds_of(ROWS) == gpu_seconds_of(MADE) == {"start": 0.25, "train": 6.0}
    assert gpu_seconds_of(CostRows({"wall_seconds": 0}, {"train": [1.0]})) == {"train": 0.0}


def test_a_sum_is_that_of_measurements() -> None:
    """To the last digit, in whatever order floats round."""
    parts = [Measurement(gpu_seconds=0.1 * n) for n in range(40)]
    added = total_seconds(part.gpu_seconds for part in parts)
    assert added == Measurement.total(parts).gpu_seconds
    assert total_seconds([]) == 0.0
