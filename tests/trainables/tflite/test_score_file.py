"""The command that scores a file on a split: what `paretune export` prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from fake_context import FakeContext, run_chain

pytestmark = pytest.mark.tensorflow

ROOT = Path(__file__).parents[3]


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "paretune.trainables.tflite.score_file", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from paretune.trainables.keras.cnn import trainable

    context = FakeContext(tmp_path_factory.mktemp("scored"), data={"source": "digits"})
    run_chain(trainable, {"epochs": 2, "batch_size": 32, "width": 0.25, "bits": 4}, context)
    return context.directory / "model.tflite"


def test_the_printed_accuracy_is_that_of_the_written_images(model: Path, tmp_path: Path) -> None:
    """A script with NumPy and the interpreter gets the very same number from the written split."""
    written = tmp_path / "test.npz"
    done = call(str(model), "--data", '{"source": "digits"}', "--write", str(written))
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    interpreter = Interpreter(model_path=str(model))
    interpreter.allocate_tensors()
    given, wanted = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    with np.load(written) as split:
        images, labels = split["images"], split["labels"]
    hits = 0
    for image, label in zip(images, labels, strict=True):
        interpreter.set_tensor(given["index"], image[None].astype(np.float32))
        interpreter.invoke()
        hits += int(interpreter.get_tensor(wanted["index"]).argmax() == label)
    assert record["accuracy"] == hits / len(labels)
    assert record["images"] == len(labels) == 382
    assert record["loss"] > 0


def test_splits_are_scored_apart(model: Path) -> None:
    """Validation and test are different images."""
    test = json.loads(call(str(model), "--data", "{}").stdout)
    validation = json.loads(call(str(model), "--data", "{}", "--split", "validation").stdout)
    assert (test["images"], validation["images"]) == (382, 390)
    assert test["loss"] != validation["loss"]


@pytest.mark.parametrize(
    ("file", "table", "words"),
    [
        ("no.tflite", "{}", ["no.tflite", "no such file"]),
        ("text.tflite", "{}", ["the interpreter refuses the file"]),
        (None, '{"source": "x.npz"}', ["x.npz", "no such file"]),
        (None, "{", ["not JSON"]),
        (None, "[]", ["no JSON object"]),
    ],
)
def test_what_cannot_be_scored_is_one_line_and_exit_code_2(
    model: Path, tmp_path: Path, file: str | None, table: str, words: list[str]
) -> None:
    """Missing files, files that are none, data that is not there: no traceback."""
    (tmp_path / "text.tflite").write_text("this is no model at all, only text")
    done = call(str(model if file is None else tmp_path / file), "--data", table)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_scoring_does_not_import_tensorflow() -> None:
    """Export stays quick: the interpreter and NumPy are all it loads."""
    code = "import sys, paretune.trainables.tflite.score_file; print('tensorflow' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "False"
