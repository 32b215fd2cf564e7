"""What a trial's process does on GPUs before the trial has them; here without one."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.tensorflow

# A process of its own: the first operation settles what a process may still be told.
WARM_THEN_TRAIN = """
from pathlib import Path
from fake_context import FakeContext
from paretune.errors import DeviceError
from paretune.trainables.keras.framework import begin_on_gpus, configure, fork_safe, tf
from paretune.trainables.keras.warming import exercise, warm_up

try:
    warm_up(("GPU-a",), {})
except DeviceError as error:
    assert "TensorFlow sees 0" in str(error), error
else:
    raise AssertionError("no GPU, and nothing said")
begin_on_gpus(())
assert exercise("/cpu:0") > 0
assert fork_safe() is not None
session = configure(FakeContext(Path("/tmp")))
assert session.replicas == 1
"""


def test_a_warm_process_can_be_configured() -> None:
    """A GPU that is not there is told; a step runs; and the trial goes on in that process."""
    done = subprocess.run(
        [sys.executable, "-c", WARM_THEN_TRAIN],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path), "CUDA_VISIBLE_DEVICES": "", "HOME": "/nonexistent"},
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_bundled_networks_warm_up() -> None:
    """Every one of them, by the same hook."""
    from paretune.trainables.keras import any_network, cnn
    from paretune.trainables.keras.warming import warm_up

    assert cnn.trainable.warm_up is any_network.trainable.warm_up is warm_up
