"""What the worker's side writes into an export: sources, scripts, networks from the store."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from paretune.stages.stage_keys import Origin
from paretune.stages.stage_store import StageStore
from paretune.trial.job import Assignment
from paretune.worker.code_version import local_sources
from paretune.worker.export_files import main, user_modules, write_files
from paretune.worker.find_trainable import load_trainable
from paretune.worker.stage_plan import plan

MODULE = """
import paretune as pt
from paretune.trainables import NetworkFormat
from helper_of_exports.names import NAME


def fit(params, context):
    return {"accuracy": 1.0}


def write(products, data, target):
    if products["fit"] is None:
        raise ValueError("the weights are gone")
    target.write_bytes((products["fit"] / NAME).read_bytes())
    return {"accuracy": data["best"], "images": 3}


formats = {
    "own": NetworkFormat("model.own", write),
    "other": NetworkFormat("model.other", write, needs=("no_such_module",)),
}
trainable = pt.Trainable("staged", (pt.Stage("fit", fit),), formats=formats)
"""
ORIGIN = Origin("staged", "v1", "data", 0, "cpu-core")


@pytest.fixture
def assignment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Assignment]:
    """A trial of a staged trainable, whose module has a helper in a package beside it."""
    home = tmp_path / "home"
    (home / "helper_of_exports").mkdir(parents=True)
    (home / "helper_of_exports" / "__init__.py").write_text("", encoding="utf-8")
    (home / "helper_of_exports" / "names.py").write_text("NAME = 'weights'\n", encoding="utf-8")
    (home / "staged_for_export.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.setattr(sys, "path", list(sys.path))
    local_sources.cache_clear()
    yield Assignment(
        number=3,
        trainable="staged_for_export:trainable",
        params={"x": 1},
        directory=str(tmp_path / "trial"),
        seed=0,
        data={"best": 0.75},
        search_path=str(home),
        store=str(tmp_path / "store"),
        devices=("cpu:0",),
        device_kind="cpu-core",
        origin=asdict(ORIGIN),
    )
    for name in [n for n in sys.modules if n.partition(".")[0].endswith(("_export", "_exports"))]:
        del sys.modules[name]


def put(assignment: Assignment, tmp_path: Path) -> None:
    """Leave in the store what the trial's stage would have left."""
    trainable = load_trainable(assignment.trainable, assignment.search_path)
    (planned,) = plan(trainable, ORIGIN, assignment.params)
    left = tmp_path / "left"
    left.mkdir()
    (left / "weights").write_bytes(b"trained")
    store = StageStore(Path(assignment.store or ""))
    store.put(planned.key, "fit", left, phases={}, metrics={}, notes={}, params={})


def test_sources_are_copied_as_they_lie_in_their_folder(
    assignment: Assignment, tmp_path: Path
) -> None:
    """The module and what it imports from beside it, with a version that is the code's."""
    contents = write_files(assignment, tmp_path / "out", "this trial", [])
    assert sorted(contents.sources) == [
        "code/helper_of_exports/__init__.py",
        "code/helper_of_exports/names.py",
        "code/staged_for_export.py",
    ]
    assert (tmp_path / "out" / "code" / "staged_for_export.py").read_text() == MODULE
    assert list(contents.versions) == ["staged_for_export"]
    assert contents.scripts == []  # only a bundled trainable's training can be written out


def test_a_network_is_written_from_the_store(assignment: Assignment, tmp_path: Path) -> None:
    """What its trainable makes of the stage's product, with what that scores."""
    put(assignment, tmp_path)
    out = tmp_path / "out"
    contents = write_files(assignment, out, "this trial", ["own"])
    assert (out / "model.own").read_bytes() == b"trained"
    assert contents.networks == {"model.own": {"accuracy": 0.75, "images": 3}}
    assert contents.missing == {}


def test_why_a_format_is_not_there(assignment: Assignment, tmp_path: Path) -> None:
    """Unknown to the trainable, a module that is not installed, weights that are gone, no store."""
    Path(assignment.store or "").mkdir()
    formats = ["own", "other", "onnx"]
    missing = write_files(assignment, tmp_path / "out", "this trial", formats).missing
    assert missing["own"] == "ValueError: the weights are gone"
    assert "no_such_module is not installed" in missing["other"]
    assert missing["onnx"] == "the trainable 'staged' has no such format (it has own, other)"
    assert not (tmp_path / "out" / "model.own").exists()
    unshared = replace(assignment, store=None, origin=None)
    missing = write_files(unshared, tmp_path / "out", "this trial", ["own"]).missing
    assert "kept no stages" in missing["own"]


@pytest.mark.parametrize(
    ("trainable", "params", "modules"),
    [
        ("mine.fit:train", {}, ["mine.fit"]),
        ("keras", {"keras_model": "mine:network"}, ["mine"]),
        ("cnn", {}, []),
    ],
)
def test_whose_code_it_is(
    assignment: Assignment, trainable: str, params: dict[str, object], modules: list[str]
) -> None:
    """Of a bundled trainable only the module that a parameter names."""
    assert user_modules(replace(assignment, trainable=trainable, params=params)) == modules


def test_program(
    assignment: Assignment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It prints one JSON object, and imports no framework for a training script."""
    Path(assignment.directory).mkdir()
    replace(assignment, trainable="cnn").write()
    out = tmp_path / "out"
    out.mkdir()
    assert main([assignment.directory, str(out), "--title", "trial 3"]) == 0
    assert json.loads(capsys.readouterr().out)["scripts"] == ["train.py"]
    assert "Trains trial 3 again" in (out / "train.py").read_text(encoding="utf-8")
    code = (
        "import sys, paretune.worker.export_files as p\n"
        f"p.main([{assignment.directory!r}, {str(out)!r}])\n"
        "sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    (tmp_path / "trial" / "assignment.json").unlink()
    assert main([assignment.directory, str(out)]) == 2
