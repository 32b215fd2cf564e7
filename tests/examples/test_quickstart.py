"""The notebook runs from its first cell to its last, and shows what it says."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from paretune.study.storage.load_study import load_study

NOTEBOOK = Path(__file__).parents[2] / "examples" / "quickstart.ipynb"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notebook")


@pytest.fixture(scope="module")
def notebook(folder: Path) -> nbformat.NotebookNode:
    """Executed once for all tests, in a folder of its own."""
    read = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(read, timeout=300, resources={"metadata": {"path": str(folder)}})
    return client.execute()


def outputs(notebook: nbformat.NotebookNode, source: str, kind: str) -> str:
    """Everything of a kind that the cell with that text in it has shown."""
    (cell,) = [c for c in notebook.cells if c.cell_type == "code" and source in c.source]
    return "\n".join(str(output.get("data", output)[kind]) for output in cell.outputs)


def test_it_is_kept_without_outputs() -> None:
    """What is in the repository is what a newcomer executes, not what somebody once saw."""
    kept = nbformat.read(NOTEBOOK, as_version=4)
    assert all(not c.outputs and c.execution_count is None for c in kept.cells if "outputs" in c)


def test_progress_stays_in_the_cell(notebook: nbformat.NotebookNode) -> None:
    """The screen is renewed in one output, which shows the study's end; nothing else is printed."""
    shown = outputs(notebook, "study.run(", "text/html")
    assert shown.count("<pre") == 1
    assert "quickstart" in shown
    assert re.search(r"12\b.* of 12", shown)


def test_front_picture_and_choice(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """The front is a table, the plot a picture, the export files."""
    assert "accuracy" in outputs(notebook, "to_pandas", "text/html")
    assert outputs(notebook, "result.plot()", "image/png")
    assert "Chosen(trial " in outputs(notebook, "result.knee", "text/plain")
    assert (folder / "chosen" / "config.toml").is_file()
    assert "quickstart: " in outputs(notebook, "pt.load", "text/html")
    assert "gpu_seconds (" in outputs(notebook, "study.predict", "text")


def test_workers_imported_the_cells(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """The functions of the cells became a module in the study's folder."""
    loaded = load_study("quickstart", f"sqlite:///{folder}/quickstart.db")
    assert loaded.spec.trainable == "notebook_cells:train"
    assert "def softmax" in (loaded.folder / "code" / "notebook_cells.py").read_text()
