"""An export from a real study of one trial: complete, exact, and useful without this program."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow

# Runs a program as it would run where this one is not installed.
ALONE = """
import sys
sys.modules["paretune"] = None
try:
    import paretune
except ImportError:
    pass
else:
    sys.exit("paretune can be imported here")
import runpy
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
# Each format, asked as its framework's own documentation does.
FORMATS = """
import os, sys
os.environ["TF_USE_LEGACY_KERAS"] = "1"
import numpy as np, tensorflow as tf, tf_keras
with np.load("test.npz") as test:
    images, labels = test["images"].astype(np.float32), test["labels"]
network = tf_keras.models.load_model("model.keras", compile=False)
served = tf.saved_model.load("saved_model")
answers = {
    "model.keras": network.predict(images, verbose=0),
    "saved_model": served.serve(images).numpy(),
}
for name, outputs in answers.items():
    print(name, np.mean(outputs.argmax(axis=1) == labels))
"""


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
    """The bundled digits study, its baseline trained for two epochs, pruned, and 8 bits wide."""
    folder = tmp_path_factory.mktemp("export")
    url = f"sqlite:///{folder / 'studies.db'}"
    changes = ("train.epochs=2", "train.width=0.25", "train.bits=8", "train.sparsity=0.5")
    sets = [part for change in (*changes, "budget.trials=1") for part in ("--set", change)]
    baseline = '{optimizer = "adam", batch_size = 32, gpu_count = 1, learning_rate = 0.01}'
    sets += ["--set", f"baseline=[{baseline}]"]
    paretune("run", "digits", "--storage", url, "--devices", "1", *sets)
    out = folder / "out"
    arguments = ("--trial", "0", "--out", str(out), "--with-test-data", "--storage", url)
    formats = ("--format", "keras", "--format", "saved_model")
    return Export(out, url, paretune("export", "digits", *arguments, *formats))


def run_alone(folder: Path, program: str, *arguments: str) -> list[str]:
    """The lines that a program of the export prints where this one is not installed."""
    done = subprocess.run(
        [sys.executable, "-c", ALONE, program, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()


def test_predict_gives_the_exported_test_accuracy_exactly(export: Export) -> None:
    """With NumPy and the interpreter only; classes alone where there are no labels."""
    exact = export.config["test"]["accuracy"]
    classes, accuracy = run_alone(export.folder, "predict.py", "test.npz")
    assert float(accuracy.split()[1]) == exact
    assert f"test accuracy {exact:.6g}" in export.said
    assert f"{exact:.6g}" in export.card
    np.save(export.folder / "images.npy", np.load(export.folder / "test.npz")["images"][:7, ..., 0])
    assert run_alone(export.folder, "predict.py", "images.npy") == [
        " ".join(classes.split()[:7]),
    ]


def test_every_format_has_the_accuracy_that_is_stated(export: Export, tmp_path: Path) -> None:
    """Keras' own file and the SavedModel, loaded by TensorFlow alone."""
    script = tmp_path / "formats.py"
    script.write_text(FORMATS, encoding="utf-8")
    printed = dict(line.split() for line in run_alone(export.folder, str(script))[-2:])
    stated = export.config["networks"]
    assert printed.keys() == stated.keys() == {"model.keras", "saved_model"}
    for name, accuracy in printed.items():
        assert float(accuracy) == stated[name]["accuracy"]
        assert f"`{name}`" in export.card


def test_train_script_trains_the_same_network_again(export: Export, tmp_path: Path) -> None:
    """With TensorFlow alone; it adds the same numbers in the same order."""
    lines = run_alone(export.folder, "train.py", "--out", str(tmp_path))
    accuracies = {line.split(":")[0]: line.split() for line in lines[-2:]}
    stated = export.config["networks"]["model.keras"]["accuracy"]
    assert float(accuracies["test"][2].rstrip(",")) == stated
    recorded = export.config["measured"]["accuracy"]
    assert float(accuracies["validation"][4]) == pytest.approx(recorded, abs=0.02)
    assert (tmp_path / "model.tflite").is_file()


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
    assert config["code_version"]
    assert config["device_kind"] in export.card
    assert config["test"]["images"] == len(np.load(export.folder / "test.npz")["labels"])
    model = (export.folder / "model.tflite").read_bytes()
    assert model == Path(record["model"]).read_bytes()
    assert config["model_sha256"] == hashlib.sha256(model).hexdigest()


def test_card_says_what_it_is_and_what_it_is_not(export: Export) -> None:
    """Input, output, configuration, validation beside test, the files, and the limits."""
    card = export.card
    assert "(n, 28, 28, 1)" in card
    assert "(n, 10)" in card
    assert "| `bits` | 8 |" in card
    assert "validation (the search saw it)" in card
    assert "baseline 1" in card
    assert "## Limits" in card
    listed = {line.split("`")[1] for line in card.splitlines() if line.startswith("- `")}
    assert {*export.config["files"]} == listed - {"gpu_seconds"}
    assert all((export.folder / name).exists() for name in export.config["files"])


def test_training_again_gives_the_recorded_figures(export: Export, tmp_path: Path) -> None:
    """`train` puts both beside each other; the same seed gives the same file and accuracy."""
    said = paretune("train", str(export.folder / "config.toml"), "--out", str(tmp_path))
    rows = {line.split()[0]: line.split()[1:] for line in said.splitlines() if line.split()}
    assert rows["accuracy"][-1] == "1.000"
    assert rows["gpu_seconds"][0] != "-"
    assert "has changed since" not in said
    assert (tmp_path / "model.tflite").read_bytes() == (export.folder / "model.tflite").read_bytes()
