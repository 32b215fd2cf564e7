"""None"""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

from paretune.measure import Measurement
from paretune.report import tables
from rich.console import Console
from views import Made, point, study, usual


def printed(renderable: Any, width: int = 80) -> str:
    console = Console(width=width, file=io.StringIO(), color_system=None, legacy_windows=False)
    console.print(renderable)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_what_all_share_is_said_once() -> None:
    """A setting with one value in all trials is in the note, not in every row."""
    text = printed(tables.front_table(usual()))
    assert text.count("adam") == 1
    assert "all: adam; b1: baseline 1" in text


def test_the_front_is_in_its_order() -> None:
    """Best in the first objective first, and only the front."""
    lines = printed(tables.front_table(usual())).splitlines()
    rows = [line.split()[0] for line in lines if line[:1].isdigit()]
    assert rows == ["0", "1", "2"]
    assert lines[0] == "digits: 3 of 7 trials in the front"


def test_the_best_of_a_column_is_bold() -> None:
    """In each column the best figure stands out, whichever way is better."""
    listing = tables.front_table(usual())
    bold = [[cell.plain for cell in row.cells if "bold" in str(cell.style)] for row in listing.rows]
    assert bold == [["0.9800"], [], ["3.000 ±3%", "118.0 ±2%", "20.00"]]


def test_every_trial_has_a_status_and_a_reason() -> None:
    """Front, completed, outside its constraints, failed with reason and log, or running."""
    text = printed(tables.trials_table(usual()), 160)
    rows = {line.split()[0]: line for line in text.splitlines() if line[:1].isdigit()}
    for number, status in enumerate(
        ("front", "front", "front", "completed", "outside", "out of memory", "running")
    ):
        assert status in rows[str(number)]
    assert "out of memory at 3,012 MiB" in text


def test_a_long_log_path_is_never_cut() -> None:
    """The path of a failed trial's log can be put together from the lines it is folded over."""
    text = printed(tables.trials_table(usual()), 60)
    joined = "".join(line.strip() for line in text.splitlines())
    assert usual().records[5].log in joined


def test_the_kind_of_device_is_named() -> None:
    """Core-seconds are never mistaken for GPU-seconds."""
    gpu = study(usual().records, device_kind="NVIDIA H100")
    assert "a device is one NVIDIA H100" in printed(tables.front_table(gpu), 100)
    assert "gpu_seconds are core-seconds" in printed(tables.front_table(usual()), 100)


def test_an_empty_front_is_a_table_without_rows() -> None:
    """A study in which nothing has completed still prints."""
    text = printed(tables.front_table(study([Made(0, None, status=None, feasible=False)])))
    assert "0 of 1 trials in the front" in text


def test_five_objectives_fit_in_80_columns() -> None:
    """The widest study that is allowed is readable in the narrowest usual terminal."""
    names = ["accuracy", "gpu_seconds", "wall_seconds", "model_kib_compressed", "latency_ms"]
    ways: Any = dict.fromkeys(names, "minimize") | {"accuracy": "maximize"}
    made = study([point(123, 0.98765, 12345.6, 999.9, 345.67, 0.1234, names=names)], ways)
    text = printed(tables.trials_table(made))
    for figure in ("0.9877", "12,346", "999.9", "345.7", "0.1234"):
        assert figure in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_some_points_can_be_shown_without_a_study() -> None:
    """The live screen has a front before it has a study to read."""
    view = usual()
    text = printed(tables.points_table(view.front[:1], view.spec.objectives, view.device_kind))
    assert "0.9800" in text


def test_csv_has_every_parameter_and_figure() -> None:
    """One row a trial; a figure that shares a parameter's name keeps a column of its own."""
    records = [
        point(0, 0.9, 1.0, 1.0, 1.0, metrics={"bits": 7.5, "loss": 0.25}, params={"bits": 8}),
        Made(1, None, status=None, feasible=False, params={"momentum": 0.5}),
    ]
    rows = list(csv.DictReader(io.StringIO(tables.trials_csv(study(records)))))
    assert (rows[0]["bits"], rows[0]["bits (measured)"], rows[0]["loss"]) == ("8", "7.5", "0.25")
    assert (rows[0]["accuracy"], rows[0]["status"]) == ("0.9", "completed")
    assert (rows[1]["status"], rows[1]["momentum"], rows[1]["accuracy"]) == ("running", "0.5", "")
    assert len(list(csv.reader(io.StringIO(tables.front_csv(study(records)))))) == 2


def test_disturbed_measurements_are_marked() -> None:
    """Seconds that were measured beside other programs are marked, and the mark is explained;
    where all were measured in quiet, nothing is said.
    """
    quiet = Measurement(wall_seconds=4.0, gpu_seconds=4.0, disturbed_seconds=0.1)
    busy = replace(quiet, disturbed_seconds=3.0)
    alone, beside = point(0, 0.9, 4, 70, 9, cost=quiet), point(1, 0.8, 3, 70, 9, cost=busy)
    text = printed(tables.trials_table(study([alone, beside])), 160)
    rows = [line.split()[0] for line in text.splitlines() if line[:1].isdigit()]
    assert rows == ["0", "1~"]
    assert "~: measured beside other programs" in text
    assert "~" not in printed(tables.trials_table(study([alone])), 160)
