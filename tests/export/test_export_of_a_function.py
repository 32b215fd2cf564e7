"""The export of a user's own function: its settings, its code and what it left, and no more."""

from __future__ import annotations

import sys
from pathlib import Path

import paretune as pt
import pytest
from command_line import said
from paretune.export.exported_config import CONFIG, ExportedConfiguration

MODULE = '''
def train(params, context):
    """As good as its x; it keeps a file."""
    context.save_artifact(b"weights", "weights.bin")
    return {"accuracy": params["x"]}
'''


@pytest.fixture
def exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage_url: str) -> Path:
    """A study of one trial, whose module has been moved away since."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "function_of_mine.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(home), *sys.path])
    monkeypatch.chdir(home)
    study = pt.Study(
        "own",
        "function_of_mine:train",
        space={"x": pt.Float(0.0, 1.0)},
        objectives={"accuracy": "maximize"},
        budget=pt.Budget(trials=1),
        sampler="random",
        seed=0,
    )
    result = study.run(devices=1, storage=storage_url, progress=False)
    out = tmp_path / "out"
    result.trial(0).export(out)
    monkeypatch.chdir(tmp_path)
    home.rename(tmp_path / "elsewhere")
    return out


def test_card_claims_no_file_that_is_not_there(exported: Path) -> None:
    """Its own file, its code, and nothing of ours that only bundled trainables have."""
    configuration = ExportedConfiguration.load(exported / CONFIG)
    assert configuration.files == ("code", "weights.bin", "MODEL_CARD.md")
    assert configuration.code_version
    assert configuration.module_versions.keys() == {"function_of_mine"}
    card = (exported / "MODEL_CARD.md").read_text(encoding="utf-8")
    for name in ("model.tflite`,", "predict.py", "train.py", "model.keras", "test.npz"):
        assert name not in card
    assert "`weights.bin`" in card


def test_it_is_trained_again_where_only_the_export_is(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the code in the export; its figures are the recorded ones, and its file is there."""
    out = tmp_path / "again"
    text = said(capsys, "train", str(exported / CONFIG), "--devices", "1", "--out", str(out))
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.split()}
    assert rows["accuracy"][-1] == "1.000"
    assert (out / "weights.bin").read_bytes() == b"weights"
    assert "has changed since" not in text
    (exported / "code" / "function_of_mine.py").write_text(
        MODULE.replace('params["x"]', "0.5"), encoding="utf-8"
    )
    text = said(capsys, "train", str(exported / CONFIG), "--devices", "1")
    assert "has changed since" in text
