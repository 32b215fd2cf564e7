"""What a process is told before its first operation."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.tensorflow

COMPILE = """
import sys
from pathlib import Path
from paretune.trainables.keras import framework
tf = framework.tf
assert framework.keep_compilations(Path(sys.argv[1]))
square = tf.function(lambda x: x @ x, jit_compile=True, autograph=False)
square(tf.ones((3, 3)))
"""


def test_a_compilation_is_left_for_the_next_process(tmp_path: Path) -> None:
    """XLA writes what it has compiled into the folder, which is made."""
    folder = tmp_path / "made" / "xla"
    done = subprocess.run(
        [sys.executable, "-c", COMPILE, str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert [path.suffix for path in folder.iterdir()] == [".pb"]


def test_compilations_are_kept_apart_by_gpu_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made for another kind of GPU, or by another TensorFlow, one is not found."""
    from paretune.trainables.keras.framework import compilations_of, tf

    monkeypatch.setattr(
        tf.config.experimental, "get_device_details", lambda gpu: {"device_name": gpu}
    )
    first = compilations_of(["NVIDIA H100 80GB HBM3"])
    assert compilations_of(["NVIDIA H100 80GB HBM3"] * 2) == first
    assert first.name.endswith("-NVIDIA-H100-80GB-HBM3")
    assert compilations_of(["NVIDIA A100/1"]).parent == first.parent != first
    monkeypatch.setattr(tf, "__version__", "9.0")
    assert compilations_of(["NVIDIA H100 80GB HBM3"]) != first


def test_a_folder_that_cannot_be_written_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compilation would fail for it: the process does without, and changes nothing."""
    import os

    from paretune.trainables.keras.framework import keep_compilations

    monkeypatch.delenv("TF_XLA_FLAGS", raising=False)
    (tmp_path / "file").touch()
    assert not keep_compilations(tmp_path / "file" / "xla")
    assert "TF_XLA_FLAGS" not in os.environ
    monkeypatch.setenv("TF_XLA_FLAGS", "--mine")
    assert not keep_compilations(tmp_path)
    assert os.environ["TF_XLA_FLAGS"] == "--mine"


def test_a_precision_holds_for_what_is_built_inside() -> None:
    """Layers compute in it with float32 weights; afterwards everything is as before."""
    from paretune.trainables.keras.framework import computing_in, tf, tf_keras

    with computing_in("bfloat16"):
        inside = tf_keras.layers.Dense(2)
    outside = tf_keras.layers.Dense(2)
    assert inside(tf.ones((1, 3))).dtype == tf.bfloat16
    assert inside.kernel.dtype == tf.float32
    assert outside(tf.ones((1, 3))).dtype == tf.float32
