"""Training as replicas, over logical CPU devices: the code path of several GPUs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow

PARAMS = {
    "width": 0.25,
    "epochs": 4,
    "batch_size": 64,
    "learning_rate": 5e-3,
    "sparsity": 0.6,
    "prune_epochs": 2,
    "bits": 4,
    "quantization": "qat",
    "qat_epochs": 1,
}


def run(directory: Path, devices: int, **params: Any) -> dict[str, Any]:
    """One trial in a process of its own: devices are made before TensorFlow starts."""
    here = Path(__file__).parent
    command = [
        sys.executable,
        str(here / "mirrored_trial.py"),
        str(directory),
        json.dumps({**PARAMS, **params}),
        str(devices),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=here.parents[1], env=environment(), check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def environment() -> dict[str, str]:
    import os

    checkout = Path(__file__).parents[3]
    root = f"{checkout / 'search'}:{checkout / 'tests'}"
    return {**os.environ, "PYTHONPATH": root, "OMP_NUM_THREADS": "1"}


def test_replicas_train_prune_and_quantize_as_one_device_does(tmp_path: Path) -> None:
    """Two replicas with half the batch each follow the losses of one device.

    And the sparsity is really reached there.
    """
    one = run(tmp_path / "one", 1)
    two = run(tmp_path / "two", 2, strategy="mirrored", gpu_count=2)
    assert (one["replicas"], two["replicas"]) == (1, 2)
    for mine, theirs in zip(one["reports"][:2], two["reports"][:2], strict=True):
        assert mine["loss"] == pytest.approx(theirs["loss"], rel=0.02)
    assert two["metrics"]["sparsity_reached"] >= 0.6 * 0.99
    assert two["metrics"]["accuracy"] == pytest.approx(two["reports"][-1]["accuracy"], abs=0.03)
    assert two["metrics"]["accuracy"] > 0.5


def test_a_step_of_replicas_is_that_of_one_device(tmp_path: Path) -> None:
    """The same global batch, one step of plain descent: gradients are equal, and so the weights."""
    params = {"optimizer": "sgd", "momentum": 0.0, "learning_rate": 1.0, "batch_size": 1024}
    rest = {"epochs": 1, "sparsity": 0.0, "bits": 32}
    one = run(tmp_path / "one", 1, **params, **rest)
    two = run(tmp_path / "two", 2, **params, **rest, strategy="mirrored", gpu_count=2)
    assert (one["replicas"], two["replicas"]) == (1, 2)
    paths = [tmp_path / name / "stages" / "train" / "weights.npz" for name in ("one", "two")]
    with np.load(paths[0]) as mine, np.load(paths[1]) as theirs:
        assert mine.files == theirs.files
        for name in mine.files:
            assert np.allclose(mine[name], theirs[name], rtol=1e-4, atol=1e-6)


def test_cores_are_threads_unless_replicas_are_asked_for(tmp_path: Path) -> None:
    """`auto` on two cores trains one network with two threads, to the same figures as on one."""
    one = run(tmp_path / "one", 1, epochs=1, sparsity=0.0, bits=32)
    two = run(tmp_path / "two", 2, epochs=1, sparsity=0.0, bits=32, gpu_count=2)
    assert two["replicas"] == 1
    (mine,), (theirs,) = one["reports"], two["reports"]
    assert mine == pytest.approx(theirs, rel=1e-5)
