"""Points of a front as cells."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_records import record
from paretune.front.measured import Measured
from paretune.front.measured_front import measure_front
from paretune.pareto.objectives import Objectives
from paretune.report.point_cells import alike_remark, figure_cell, membership_cell, noise_note

OBJECTIVES = Objectives(("accuracy", "gpu_seconds"), ("maximize", "minimize"))


@pytest.mark.parametrize(
    ("figure", "value", "error", "text"),
    [
        ("accuracy", 0.9806, 0.0076, "0.9806 ±0.008"),
        ("gpu_seconds", 5.17, 0.155, "5.170 ±3%"),
        ("gpu_seconds", 5.17, 0.0155, "5.170 ±0.3%"),
        ("model_kib", 92.39, 0.0, "92.39"),
        ("score", 3.0, None, "3.000"),
    ],
)
def test_a_figure_has_its_standard_error(
    figure: str, value: float, error: float | None, text: str
) -> None:
    """In its own unit, or as a share where ratios are compared; nothing of what is exact."""
    assert figure_cell(figure, Measured(value, error, 1, "")) == text


def test_points_say_how_likely_they_are_and_who_is_alike() -> None:
    """Never 100 % of what is only likely; those alike are counted and the first ones named."""
    trials = [
        record(n, {"accuracy": 0.95, "gpu_seconds": 1 + n / 1000}, validation_images=359)
        for n in range(11)
    ]
    (point,) = measure_front(trials, OBJECTIVES).points
    assert membership_cell(point) == "100%"
    assert membership_cell(replace(point, membership=0.9999)) == "99%"
    remark = alike_remark(point)
    assert remark is not None
    assert remark.startswith("and 10 more that differ by less than the noise: ")
    assert remark.endswith(", ...")
    one = alike_remark(replace(point, alike=point.alike[:1]))
    assert one is not None
    assert one.startswith("and 1 more that differs by less than the noise: ")
    assert alike_remark(replace(point, alike=())) is None


def test_the_note_says_what_the_errors_rest_on() -> None:
    """And what is not known, with what would tell it."""
    trial = record(0, {"accuracy": 0.95, "gpu_seconds": 1.0})
    front = measure_front([trial], OBJECTIVES)
    note = " ".join(noise_note(front, front.points))
    assert "it rests on: gpu_seconds assumed: 3 %" in note
    assert "how far accuracy varies is not known" in note
    assert noise_note(front, []) == []
