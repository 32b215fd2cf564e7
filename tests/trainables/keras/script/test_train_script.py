"""`train.py`: valid Python that holds what one configuration uses, and says what it does not do."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from paretune.trainables.keras.script.train_script import train_script

COMMON = {"epochs": 2, "width": 0.25, "batch_size": 32, "learning_rate": 0.01}
CONFIGURATIONS: list[dict[str, Any]] = [
    {},
    {"schedule": "cosine", "warmup": 0.1, "bits": 8, "optimizer": "sgd"},
    {"schedule": "wsd", "warmup": 0.1, "sparsity": 0.6, "bits": 4},
    {"sparsity": 0.5, "quantization": "qat", "bits": 4, "pruning_structure": "2:4"},
    {"bits": 2, "sparsity": 0.3, "precision": "bfloat16", "stem": "stride"},
    {"bits": 8, "activations": "int8"},
    {"bits": 16, "pruning_schedule": "constant", "sparsity": 0.3, "gpu_count": 2},
]


def written(trainable: str = "cnn", device_kind: str = "cpu-core", **params: Any) -> str:
    """The script of a configuration, whose lines all fit on a screen."""
    own = {"keras_model": "mine:network"} if trainable == "keras" else {}
    return train_script(
        {**COMMON, **own, **params},
        {"source": "digits"},
        3,
        trainable=trainable,
        device_kind=device_kind,
        title='trial 3 of the study "digits"',
    )


@pytest.mark.parametrize("trainable", ["cnn", "keras"])
@pytest.mark.parametrize("params", CONFIGURATIONS, ids=str)
def test_script_is_clean_and_knows_nothing_of_us(
    trainable: str, params: dict[str, Any], tmp_path: Path
) -> None:
    """No unused import or name, no undefined one, at most 300 short lines; nothing of ours."""
    path = tmp_path / "train.py"
    path.write_text(written(trainable, **params), encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E,F,W"]
    run = subprocess.run(
        [*command, "--ignore", "E402", "--line-length", "100", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    modules = {
        alias.name.partition(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert modules <= {
        *("argparse", "importlib", "math", "os", "sys"),
        *("numpy", "tensorflow", "tf_keras", "tensorflow_model_optimization"),
    }


def test_only_what_is_used_is_there() -> None:
    """A plain training has no pruning, no grid and no schedule; a compressed one has them."""
    plain = written()
    for name in ("class Pruning", "class OnGrid", "def cosine", "tfmot", "optimizations"):
        assert name not in plain
    compressed = written(sparsity=0.5, bits=4, quantization="qat")
    for name in ("class Pruning", "class OnGrid", "def cosine", "tfmot", "optimizations"):
        assert name in compressed


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, "its network is the study's"),
        ({"bits": 8}, "rounded by ai-edge-quantizer"),
        ({"bits": 4}, "packs nothing below 8 bits"),
        ({"gpu_count": 2, "device_kind": "NVIDIA H200"}, "trains on one device"),
        ({"gpu_count": 2, "strategy": "mirrored"}, "trains on one device"),
    ],
)
def test_what_differs_is_said_first(params: dict[str, Any], words: str) -> None:
    """In the docstring, before any line of code."""
    docstring = ast.get_docstring(ast.parse(written(**params)))
    assert docstring is not None
    assert words in " ".join(docstring.split())


def test_threads_are_those_of_the_trial() -> None:
    """On CPU cores, where they decide in which order numbers are added."""
    assert "intra_op_parallelism_threads(2)" in written(gpu_count=2)
    assert "intra_op_parallelism_threads(1)" in written(gpu_count=2, strategy="mirrored")
    assert "threading" not in written(device_kind="NVIDIA H200")


def test_a_network_of_the_users_is_imported_with_its_parameters() -> None:
    """Its module is looked for in the export; it is not told of pruning and bits."""
    text = written("keras", depth=3, bits=4, sparsity=0.5)
    assert "importlib.import_module('mine')" in text
    assert "module.network(input_shape, classes, dict(PARAMS))" in text
    constants = text[text.index("PARAMS =") : text.index("def network")]
    assert "'depth': 3" in constants
    assert "bits" not in constants
    assert "sparsity" not in constants
