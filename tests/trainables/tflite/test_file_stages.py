"""The stages that deal with the file alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fake_context import FakeContext
from paretune.errors import TrainableError
from paretune.trainables.checkpoint import MODEL, Checkpoint
from paretune.trainables.tflite.conversion_error import ConversionError


def test_they_need_no_framework() -> None:
    """Quantizing, checking and scoring a file import no TensorFlow: any framework may train it."""
    code = (
        "import sys, paretune.trainables.tflite.file_stages, paretune.trainables.schedule\n"
        "print({'tensorflow', 'tf_keras', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def converted(folder: Path, **facts: object) -> Path:
    """What a convert stage leaves: a float32 file of half a million weights, and its record."""
    from paretune.trainables.keras.convert import to_float_file
    from paretune.trainables.keras.framework import seed_everything, tf_keras

    layers = tf_keras.layers
    seed_everything(0)
    model = tf_keras.Sequential(
        [layers.Input((28, 28, 1)), layers.Flatten(), layers.Dense(700), layers.Dense(10)]
    )
    folder.mkdir()
    (folder / MODEL).write_bytes(to_float_file(model))
    Checkpoint({}, (28, 28, 1), 10, 1, **facts).save_record(folder)  # type: ignore[arg-type]
    return folder


@pytest.mark.tensorflow
def test_a_file_is_quantized_checked_and_scored(tmp_path: Path) -> None:
    """From the folder of one stage to the figures of the last, with weights behind the tables."""
    from paretune.trainables.tflite.file_stages import evaluate_file, quantize_file

    context = FakeContext(tmp_path, data={"limit": 40}, inputs=converted(tmp_path / "convert"))
    context.output = tmp_path / "quantize"
    context.output.mkdir()
    quantize_file({"bits": 8}, context)
    context.inputs = context.output
    figures = evaluate_file({}, context)
    assert context.notes["weight_types"] == ("INT8",)
    assert context.notes["validation_images"] > 0
    assert figures["model_kib"] == pytest.approx(555_800 / 1024, rel=0.05)
    assert figures["inference_memory_kib"] < 50
    assert 0 <= figures["accuracy"] <= 1
    assert np.isfinite(figures["loss"])


@pytest.mark.tensorflow
def test_zeros_that_are_not_in_the_file_fail_the_trial(tmp_path: Path) -> None:
    """The record says how many weights were pruned; a file without them is no result."""
    from paretune.trainables.tflite.file_stages import evaluate_file

    context = FakeContext(tmp_path, inputs=converted(tmp_path / "convert", zeros=100_000))
    with pytest.raises(ConversionError, match="of 100000 pruned weights only"):
        evaluate_file({}, context)
    context.inputs = None
    with pytest.raises(TrainableError, match="needs the product"):
        evaluate_file({}, context)
