"""Networks that users bring go through the same chain as the bundled one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_context import FakeContext, run_chain
from paretune.errors import DataError, TrainableError

pytestmark = pytest.mark.tensorflow

QUICK = {"epochs": 6, "batch_size": 32, "learning_rate": 5e-3, "prune_epochs": 3, "qat_epochs": 3}
NETWORKS = ["batch_norm", "depthwise", "residual", "perceptron"]


def run(directory: Path, **params: Any) -> tuple[dict[str, float], FakeContext]:
    from paretune.trainables.keras.any_network import trainable

    context = FakeContext(directory, data={"source": "digits"})
    return run_chain(trainable, {**QUICK, **params}, context), context


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(
    "params",
    [
        {"bits": 32},
        {"bits": 16},
        {"bits": 8, "activations": "int8"},
        {"bits": 4, "quantization": "qat", "sparsity": 0.5},
        {"bits": 2},
    ],
    ids=str,
)
def test_any_network_keeps_the_contract(
    tmp_path: Path, network: str, params: dict[str, Any]
) -> None:
    """Trained, compressed and stored as asked; what it learned is still there in the file."""
    from paretune.trainables.tflite import flatbuffer
    from paretune.trainables.tflite.quantize import STORED_TYPE

    metrics, context = run(tmp_path, keras_model=f"sample_networks:{network}", **params)
    kernels = flatbuffer.Graph((tmp_path / "model.tflite").read_bytes()).kernels()
    assert {kernel.type for kernel in kernels} == {STORED_TYPE[params["bits"]]}
    assert metrics["accuracy"] > 0.5
    # The file predicts as the network did that training reported last.
    assert metrics["accuracy"] == pytest.approx(context.reports[-1]["accuracy"], abs=0.03)
    assert metrics["sparsity_reached"] >= 0.99 * params.get("sparsity", 0)


def test_every_parameter_but_those_of_compression_reaches_the_function(tmp_path: Path) -> None:
    """`depth` of the study builds a deeper network; sparsity and bits do not belong to training."""
    from paretune.trainables.keras.any_network import trainable

    params = {**QUICK, "epochs": 1, "keras_model": "sample_networks:residual"}
    shallow, _ = run(tmp_path / "1", **params, depth=1)
    deep, _ = run(tmp_path / "2", **params, depth=2)
    assert deep["parameters"] > shallow["parameters"]
    names = trainable.stages[0].declared({**params, "depth": 2, "sparsity": 0.5, "bits": 4})
    assert set(names) == {*QUICK, "keras_model", "depth"} - {"prune_epochs", "qat_epochs"}


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (None, ["module:function"]),
        ("sample_networks", ["sample_networks", "module:function"]),
        ("no_such_module:build", ["no_such_module", "beside the study file"]),
        ("sample_networks:nothing", ["no function 'nothing'"]),
        ("sample_networks:unbuilt", ["built"]),
        ("sample_networks:wrong_outputs", ["(None, 10)"]),
        ("sample_networks:no_model", ["int", "tf_keras.Model"]),
    ],
)
def test_a_function_that_cannot_be_used_is_named(
    tmp_path: Path, named: str | None, words: list[str]
) -> None:
    """Missing modules and functions, and whatever is no classifier: value and cure."""
    with pytest.raises(TrainableError) as caught:
        run(tmp_path, **({} if named is None else {"keras_model": named}))
    for word in words:
        assert word in str(caught.value)


def test_a_layer_that_stays_in_floats_is_named(tmp_path: Path) -> None:
    """The kernel of a 3-D convolution has no narrow form: it is reported, the others are packed."""
    _, context = run(tmp_path, keras_model="sample_networks:volumetric", bits=8, epochs=1)
    assert context.notes["weight_types"] == ("FLOAT32", "INT8")
    assert len(context.notes["float_layers"]) == 1


def test_the_converter_s_reason_is_the_first_line(tmp_path: Path) -> None:
    """What .tflite cannot express fails with one telling line."""
    from paretune.trainables.tflite.conversion_error import ConversionError

    with pytest.raises(ConversionError) as caught:
        run(tmp_path, keras_model="sample_networks:inconvertible", epochs=1)
    first = str(caught.value).splitlines()[0]
    assert first.startswith("conversion to .tflite failed: ")
    assert "Erfinv" in first


def test_images_of_zero_to_one_are_refused_by_the_bundled_network(tmp_path: Path) -> None:
    """The bundled network divides by 255 itself: scaled images would hardly train, silently."""
    from paretune.trainables.keras.cnn import trainable

    generator = np.random.default_rng(0)
    images = generator.random((40, 20, 20)).astype(np.float32)
    labels = np.arange(40) % 2
    np.savez(tmp_path / "x.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    context = FakeContext(tmp_path, data={"source": str(tmp_path / "x.npz")})
    with pytest.raises(DataError, match="multiply by 255"):
        run_chain(trainable, {}, context)
