"""The front as a picture."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from paretune.report import picture, plots
from paretune.report.panels import panels_of
from views import point, study


def test_a_picture_needs_no_display(tmp_path: Path) -> None:
    """Neither pyplot, which looks for a display, nor plotly is touched for a picture."""
    code = (
        "import sys; sys.path[:0] = [sys.argv[2]]\n"
        "from pathlib import Path; from views import usual; from paretune.report import plots\n"
        "plots.draw(usual(), Path(sys.argv[1]))\n"
        "print({'matplotlib.pyplot', 'plotly', 'tensorflow'} & set(sys.modules) or 'none')"
    )
    tests = Path(__file__).parents[1]
    command = [sys.executable, "-c", code, str(tmp_path / "f.png"), str(tests)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tests.parent)
    assert done.stdout.strip() == "none"


def test_only_infeasible_trials_are_still_shown(tmp_path: Path) -> None:
    """A study that met no constraint yet can be looked at."""
    made = study([point(0, 0.1, 1.0, 1.0, 1.0, feasible=False)])
    assert all(panel.shows(made.records[0]) for panel in panels_of(made))
    plots.draw(made, tmp_path / "f.png")
    assert (tmp_path / "f.png").stat().st_size > 0


@pytest.mark.parametrize("objectives", [1, 2, 3, 4, 5])
def test_any_number_of_objectives_is_drawn(tmp_path: Path, objectives: int) -> None:
    """One to five objectives make one to four panels, in the picture."""
    names = ["accuracy", "gpu_seconds", "peak_memory_mib", "model_kib", "wall_seconds"][:objectives]
    ways: Any = dict.fromkeys(names, "minimize") | {"accuracy": "maximize"}
    trials = [point(i, 0.9 + i / 100, *(2.0**i for _ in names[1:]), names=names) for i in range(5)]
    made = study(trials, ways)
    picture.save(made, tmp_path / "f.svg")
    assert (tmp_path / "f.svg").read_text().count('<g id="axes_') == max(objectives - 1, 1)
