"""The documented examples keep the contract of a trainable, and their studies load."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from contracts.trainable import TrainableContract
from paretune.spec.study_spec import StudySpec

EXAMPLES = Path(__file__).parents[2] / "examples"


class TestNumpyExample(TrainableContract):
    trainable = "numpy_trainable:train"
    search_path = str(EXAMPLES)
    params = {"learning_rate": 1.0, "batch_size": 64, "hidden": 32, "epochs": 3}
    more_work = {"epochs": 60, "hidden": 64}


class TestStagedExample(TrainableContract):
    trainable = "staged_trainable:trainable"
    search_path = str(EXAMPLES)
    params = {"learning_rate": 1.0, "hidden": 32, "epochs": 3, "levels": 15}
    more_work = {"epochs": 60}


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
class TestTorchExample(TrainableContract):
    trainable = "torch_trainable:trainable"
    search_path = str(EXAMPLES)
    params = {"learning_rate": 0.01, "batch_size": 64, "hidden": 64, "epochs": 2}
    more_work = {"epochs": 20, "hidden": 512}


@pytest.mark.parametrize("study", sorted(EXAMPLES.glob("*_study.toml")), ids=lambda p: p.stem)
def test_example_studies_load(study):
    """Every example's study file is valid."""
    assert StudySpec.load(str(study)).trainable.startswith(f"{study.stem.split('_')[0]}_trainable:")
