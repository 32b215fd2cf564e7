"""An export from a real study of one trial: complete, exact, and trainable again."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow


@dataclass(frozen=True)
class Export:
    """A folder that `paretune export --with-test-data` wrote, and the study it came from."""

    folder: Path
    url: str
    said: str

    @property
    def config(self) -> dict[str, Any]:
        return tomllib.loads((self.folder / "config.toml").read_text(encoding="utf-8"))

    @property
    def card(self) -> str:
        return (self.folder / "MODEL_CARD.md").read_text(encoding="utf-8")


def paretune(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "paretune", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Export:
    """The bundled digits study, its baseline trained for two epochs and quantized to 8 bits."""
    folder = tmp_path_factory.mktemp("export")
    url = f"sqlite:///{folder / 'studies.db'}"
    changes = ("train.epochs=2", "train.width=0.25", "train.bits=8", "budget.trials=1")
    sets = [part for change in changes for part in ("--set", change)]
    baseline = '{optimizer = "adam", batch_size = 32, gpu_count = 1, learning_rate = 0.01}'
    sets += ["--set", f"baseline=[{baseline}]"]
    paretune("run", "digits", "--storage", url, "--devices", "1", *sets)
    out = folder / "out"
    arguments = ("--trial", "0", "--out", str(out), "--with-test-data", "--storage", url)
    return Export(out, url, paretune("export", "digits", *arguments))


def snippet(card: str) -> str:
    found = re.search(r"```python\n(.*?)```", card, re.DOTALL)
    assert found
    return found[1]


def run_alone(code: str, folder: Path) -> str:
    """In a fresh interpreter, in the export's folder, without this program on its path."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.modules['paretune'] = None\n{code}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip().splitlines()[-1]


def test_card_snippet_gives_the_exported_test_accuracy_exactly(export: Export) -> None:
    """The ten lines of the model card, with NumPy and the interpreter only, agree to the bit."""
    exact = export.config["test"]["accuracy"]
    assert float(run_alone(snippet(export.card), export.folder)) == exact
    assert f"test accuracy {exact:.6g}" in export.said
    assert f"{exact:.6g}" in export.card


def test_configuration_is_complete(export: Export) -> None:
    """Data, seed, versions, every parameter and measured figure; the model's own digest."""
    record = json.loads(paretune("trials", "digits", "--format", "json", "--storage", export.url))[
        "trials"
    ][0]
    config = export.config
    assert config["data"] == {"source": "digits"}
    shared = {name: config["train"][name] for name in record["params"]}
    assert shared == {  # Optuna keeps 0.6 as 0.6000000000000001
        name: pytest.approx(value) if isinstance(value, float) else value
        for name, value in record["params"].items()
    }
    assert config["train"]["epochs"] == 2
    assert config["measured"] == record["metrics"]
    assert config["phases"]["train"]["gpu_seconds"] > 0
    assert config["versions"].keys() >= {"tensorflow", "optuna", "numpy"}
    assert config["device_kind"] in export.card
    assert config["test"]["images"] == len(np.load(export.folder / "test.npz")["labels"])
    model = (export.folder / "model.tflite").read_bytes()
    assert model == Path(record["model"]).read_bytes()
    assert config["model_sha256"] == hashlib.sha256(model).hexdigest()


def test_card_says_what_it_is_and_what_it_is_not(export: Export) -> None:
    """Input, output, configuration, validation beside test, and the limits."""
    card = export.card
    assert "(n, 28, 28, 1)" in card
    assert "(n, 10)" in card
    assert "| `bits` | 8 |" in card
    assert "validation (the search saw it)" in card
    assert "baseline 1" in card
    assert "## Limits" in card


def test_export_without_test_data_shows_how_to_predict(export: Export, tmp_path: Path) -> None:
    """The other snippet runs as it stands on a user's own images."""
    out = ("--out", str(tmp_path / "out"))
    paretune("export", "digits", "--trial", "0", *out, "--storage", export.url)
    assert not (tmp_path / "out" / "test.npz").exists()
    test = np.load(export.folder / "test.npz")
    np.save(tmp_path / "out" / "images.npy", test["images"][:7])
    card = (tmp_path / "out" / "MODEL_CARD.md").read_text(encoding="utf-8")
    answer = run_alone(snippet(card), tmp_path / "out")
    assert len(answer.strip("[]").split()) == 7


def test_training_again_gives_the_recorded_figures(export: Export) -> None:
    """`train` puts both beside each other; the same seed gives the same file and accuracy."""
    out = export.folder / "again"
    said = paretune("train", str(export.folder / "config.toml"), "--out", str(out))
    rows = {line.split()[0]: line.split()[1:] for line in said.splitlines() if line.split()}
    assert rows["accuracy"][-1] == "1.000"
    assert rows["gpu_seconds"][0] != "-"
    assert (out / "model.tflite").read_bytes() == (export.folder / "model.tflite").read_bytes()
