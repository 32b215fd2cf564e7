"""The check for GPU machines runs here on CPU cores: the same studies, loads and kills."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
HIDDEN = (
    "tensorflow",
    "tf_keras",
    "ai_edge_litert",
    "ai_edge_quantizer",
)


def run_check(*arguments, paths=(), **environment):
    return subprocess.run(
        [sys.executable, "benchmarks/gpu_check.py", *arguments],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([*map(str, paths), str(CHECKOUT)]),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.mark.faults
@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
def test_gpu_check_holds_on_cpu_cores(tmp_path):
    """A whole study and the kills pass every check, on a machine without TensorFlow."""
    for name in HIDDEN:
        (tmp_path / f"{name}.py").write_text(f"raise ImportError('{name} is hidden')")
    done = run_check("--cpu", "--framework", "torch", "--trials", "3", paths=[tmp_path])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAIL" not in done.stdout
    assert "all is well" in done.stdout
    assert "trials: 3 stored, 3 seen to end, 3 asked for" in done.stdout


@pytest.mark.tensorflow
def test_the_bundled_network_is_measured_beside_fit():
    """The bundled study, a configuration again, and images a second, as rows of one table."""
    done = run_check("--cpu", "--framework", "tensorflow", "--trials", "1", "--runs", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all is well" in done.stdout
    rows = [line.split("|")[1:3] for line in done.stdout.splitlines() if line.startswith("|")]
    figures = {name.strip(): measured.strip() for name, measured in rows[2:]}
    assert figures["busy share of training stages"] == "not told"
    assert 0 < float(figures["article: accuracy"]) <= 1
    for figure in ("times `fit`", "a step of prune over a plain one"):
        assert float(figures[f"width 0.25, batch 32: {figure}"]) > 0


def test_gpu_check_says_that_there_is_no_gpu():
    """Without a GPU that it may use it says so, and that is no failure."""
    done = run_check(CUDA_VISIBLE_DEVICES="")
    assert (done.returncode, done.stdout) == (0, "no GPU here\n")
