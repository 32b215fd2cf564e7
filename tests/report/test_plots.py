from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from paretune.errors import ExportError
from paretune.report import html_page, picture, plots
from paretune.report.labels import axis_label
from paretune.report.panels import TRIAL, groups_of, panels_of
from views import Made, point, study, usual


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("f.png", b"\x89PNG"),
        ("f.svg", b"<?xml"),
        ("f.PNG", b"\x89PNG"),
        ("f.html", b"<!doctype html"),
    ],
)
def test_the_ending_decides(tmp_path: Path, name: str, start: bytes) -> None:
    """A picture or a page is written where it was asked for, folders made on the way."""
    path = tmp_path / "new" / name
    plots.draw(usual(), path)
    assert path.read_bytes().lstrip().startswith(start)


def test_the_page_needs_no_network(tmp_path: Path) -> None:
    """The page carries its script: nothing is loaded from elsewhere."""
    plots.draw(usual(), tmp_path / "front.html")
    text = (tmp_path / "front.html").read_text()
    assert '<script src="http' not in text
    assert "Plotly.newPlot" in text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("front.pdf", "the ending says what to draw: .png, .svg, .html"),
        ("front", "the ending says what to draw"),
        ("file/front.png", "cannot be written"),
    ],
)
def test_a_place_that_cannot_be_drawn_to_is_one_line(
    tmp_path: Path, name: str, message: str
) -> None:
    """An unknown ending and an impossible path are told with the path."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError) as caught:
        plots.draw(usual(), tmp_path / name)
    assert message in str(caught.value)
    assert str(tmp_path / name) in str(caught.value)


def test_a_study_without_values_is_not_drawn(tmp_path: Path) -> None:
    """There is nothing to see before the first trial has completed."""
    with pytest.raises(ExportError, match="no trial has completed yet"):
        plots.draw(study([Made(0, None, status=None, feasible=False)]), tmp_path / "f.png")
    assert not (tmp_path / "f.png").exists()


def test_a_picture_needs_no_display(tmp_path: Path) -> None:
    """Neither pyplot, which looks for a display, nor plotly is touched for a picture."""
    code = (
        "import sys; sys.path[:0] = [sys.argv[2]]\n"
        "from pathlib import Path; from views import usual; from paretune.report import plots\n"
        "plots.draw(usual(), Path(sys.argv[1]))\n"
        "print({'matplotlib.pyplot', 'plotly', 'tensorflow'} & set(sys.modules) or 'none')"
    )
    here = Path(__file__).parent
    command = [sys.executable, "-c", code, str(tmp_path / "f.png"), str(here)]
    root = here.parent.parent
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=root)
    assert done.stdout.strip() == "none"


def test_each_cost_has_a_panel() -> None:
    """The first objective goes upwards, every other one has a panel of its own."""
    panels = panels_of(usual())
    assert [panel.x.figure for panel in panels] == [
        "gpu_seconds",
        "peak_memory_mib",
        "model_kib_compressed",
    ]
    assert {panel.y.figure for panel in panels} == {"accuracy"}
    assert [panel.x.log for panel in panels] == [True, False, True]  # spans 3-100, 118-160, 20-340


def test_one_objective_is_shown_over_the_trials() -> None:
    """With nothing to trade off, the picture is the search's progress."""
    made = study([point(0, 0.9), point(1, 0.95)], {"accuracy": "maximize"})
    (panel,) = panels_of(made)
    assert (panel.x.figure, panel.x.label) == (TRIAL, "trial")
    assert panel.stairs == ()


def test_the_staircase_joins_who_is_best_in_the_panel() -> None:
    """A member of the front that is beaten in the panel's two objectives is beside the stairs."""
    made = study(
        [
            point(0, 0.98, 100.0, 150.0, 300.0),
            point(1, 0.97, 10.0, 120.0, 80.0),
            point(2, 0.96, 50.0, 110.0, 90.0),  # in the front for its memory alone
        ]
    )
    seconds, memory, _ = panels_of(made)
    assert len(made.front) == 3
    assert seconds.stairs == ((10.0, 0.97), (100.0, 0.98))
    assert memory.stairs == ((110.0, 0.96), (120.0, 0.97), (150.0, 0.98))
    assert [seconds.on_stairs(entry) for entry in made.front] == [True, True, False]


def test_axes_show_the_feasible_trials() -> None:
    """A hopeless trial does not squeeze the front into a corner; it is counted instead."""
    view = usual()
    for panel in panels_of(view):
        assert all(panel.shows(entry) for entry in (*view.front, view.records[3]))
        assert not panel.shows(view.records[4])
    everyone = groups_of(view)
    assert [entry.number for entry in everyone.outside] == [4]
    assert [entry.number for entry in everyone.dominated] == [3]
    assert [entry.number for entry in everyone.baselines] == [0]


def test_only_infeasible_trials_are_still_shown(tmp_path: Path) -> None:
    """A study that met no constraint yet can be looked at."""
    made = study([point(0, 0.1, 1.0, 1.0, 1.0, feasible=False)])
    assert all(panel.shows(made.records[0]) for panel in panels_of(made))
    plots.draw(made, tmp_path / "f.png")
    assert (tmp_path / "f.png").stat().st_size > 0


@pytest.mark.parametrize("objectives", [1, 2, 3, 4, 5])
def test_any_number_of_objectives_is_drawn(tmp_path: Path, objectives: int) -> None:
    """One to five objectives make one to four panels, as a picture and as a page."""
    names = ["accuracy", "gpu_seconds", "peak_memory_mib", "model_kib", "wall_seconds"][:objectives]
    ways: Any = dict.fromkeys(names, "minimize") | {"accuracy": "maximize"}
    trials = [point(i, 0.9 + i / 100, *(2.0**i for _ in names[1:]), names=names) for i in range(5)]
    made = study(trials, ways)
    picture.save(made, tmp_path / "f.svg")
    assert (tmp_path / "f.svg").read_text().count('<g id="axes_') == max(objectives - 1, 1)
    figure = json.loads(html_page.figure_of(made).to_json())
    assert len({trace.get("xaxis") for trace in figure["data"]}) == max(objectives - 1, 1)


def test_the_page_tells_each_trials_settings() -> None:
    """Under the pointer: number, figures and parameters, as text even where it looks like HTML."""
    made = study([point(7, 0.9, 1.0, 1.0, 1.0, params={"bits": 8, "name": "<b>x</b>"}, baseline=2)])
    figure = json.loads(html_page.figure_of(made).to_json())
    text = next(trace["text"][0] for trace in figure["data"] if trace.get("name") == "baseline")
    for part in ("trial 7, baseline 2", "accuracy 0.9000", "bits 8", "&lt;b&gt;x&lt;/b&gt;"):
        assert part in text


def test_the_page_shows_the_constraint() -> None:
    """A dashed line in every panel at the bound of the study's constraint, accuracy >= 0.9."""
    figure = json.loads(html_page.figure_of(usual()).to_json())
    lines = figure["layout"]["shapes"]
    assert [(line["y0"], line["y1"], line["line"]["dash"]) for line in lines] == 3 * [
        (0.9, 0.9, "dash")
    ]
    assert len({line["yref"] for line in lines}) == 3


def test_log_ticks_are_few_and_plain() -> None:
    """Marks of a log axis lie within it: 1, 2, 5 of a decade, or decades where there are many."""
    seconds = panels_of(usual())[0].x
    assert seconds.ticks == (5.0, 10.0, 20.0, 50.0, 100.0)
    far = study([point(0, 0.9, 0.01, 1.0, 1.0), point(1, 0.99, 100.0, 1.0, 1.0)])
    assert panels_of(far)[0].x.ticks == (0.01, 0.1, 1.0, 10.0, 100.0)


@pytest.mark.parametrize(
    ("figure", "kind", "label"),
    [
        ("accuracy", "cpu-core", "accuracy"),
        ("gpu_seconds", "cpu-core", "core-seconds"),
        ("gpu_seconds", "NVIDIA H100", "GPU-seconds (NVIDIA H100)"),
        ("peak_memory_mib", "cpu-core", "peak memory (MiB)"),
        ("model_kib_compressed", "cpu-core", "model compressed (KiB)"),
        ("wall_seconds", "cpu-core", "wall time (s)"),
        ("latency_ms", "cpu-core", "latency (ms)"),
        ("kib", "cpu-core", "KiB"),
    ],
)
def test_axis_labels_carry_units(figure: str, kind: str, label: str) -> None:
    """The unit is in brackets, and device-seconds say of which device."""
    assert axis_label(figure, kind) == label


def test_a_cost_of_nothing_has_no_log_axis() -> None:
    """A trial that cost 0 is drawn, which a log scale could not."""
    made = study([point(0, 0.9, 0.0, 1.0, 1.0), point(1, 0.99, 100.0, 1.0, 1.0)])
    assert not panels_of(made)[0].x.log
    assert all(panels_of(made)[0].shows(entry) for entry in made.records)
