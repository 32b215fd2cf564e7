"""Networks and data of real size, and of other shapes than pictures, through the whole chain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_context import FakeContext, run_chain
from paretune.errors import DataError, TrainableError

pytestmark = pytest.mark.tensorflow

QUICK: dict[str, Any] = {"epochs": 1, "batch_size": 32, "prune_epochs": 1, "qat_epochs": 1}
SPARSE = {**QUICK, "sparsity": 0.8}
ALL_BITS = (32, 16, 8, 4, 2)


def data_of(folder: Path, shape: tuple[int, ...], classes: int, images: int) -> dict[str, Any]:
    """The [data] table of a file of random bytes, in which every class has its turn."""
    generator = np.random.default_rng(0)
    rows = generator.integers(0, 256, (images, *shape), dtype=np.uint8)
    labels = np.arange(images, dtype=np.int32) % classes
    tested = slice(0, min(images, 50))
    path = folder / "data.npz"
    np.savez(path, x_train=rows, y_train=labels, x_test=rows[tested], y_test=labels[tested])
    return {"source": str(path)}


def run_all_bits(
    folder: Path,
    trainable: Any,
    params: dict[str, Any],
    data: dict[str, Any],
    bits: tuple[int, ...],
) -> dict[int, tuple[dict[str, float], FakeContext]]:
    """One training and pruning, and of it a file of each width: metrics and context."""
    before = FakeContext(folder / "trained", data=data)
    run_chain(only(trainable, "train", "prune"), params, before)
    results = {}
    for width in bits:
        context = FakeContext(
            folder / str(width), data=data, inputs=before.inputs, scratch=before.scratch
        )
        rest = only(trainable, "qat", "convert", "quantize", "evaluate")
        results[width] = (run_chain(rest, {**params, "bits": width}, context), context)
    return results


def only(trainable: Any, *names: str) -> Any:
    from dataclasses import replace

    stages = tuple(stage for stage in trainable.stages if stage.name in names)
    return replace(trainable, stages=stages)


def check_all_bits(
    results: dict[int, tuple[dict[str, float], FakeContext]], parameters: int
) -> None:
    """Every layer as narrow as asked, the zeros kept, and a size that fits their number."""
    for bits, (metrics, context) in results.items():
        from paretune.trainables.tflite.quantize import STORED_TYPE

        assert context.notes["weight_types"] == (STORED_TYPE[bits],)
        assert context.notes["float_layers"] == ()
        assert metrics["sparsity_reached"] >= 0.8 * 0.99
        stored_kib = parameters * bits / 8 / 1024
        assert stored_kib * 0.99 < metrics["model_kib"] < stored_kib * 1.4 + 100
        assert metrics["model_kib_compressed"] < 0.75 * metrics["model_kib"]
        assert np.isfinite(metrics["loss"])


@pytest.mark.parametrize(
    "bits", [(8, 4), pytest.param(ALL_BITS, marks=pytest.mark.nightly)], ids=str
)
def test_ten_million_weights_are_pruned_and_stored(tmp_path: Path, bits: tuple[int, ...]) -> None:
    """Two dense layers whose weights lie behind the flatbuffer: types, zeros and sizes are right
    in every width."""
    from paretune.trainables.keras.any_network import trainable

    data = data_of(tmp_path, (28, 28, 1), 10, 100)
    params = {**SPARSE, "keras_model": "sample_networks:wide"}
    check_all_bits(run_all_bits(tmp_path, trainable, params, data, bits), 9_882_500)


@pytest.mark.nightly
def test_a_mobile_network_of_a_thousand_classes_is_pruned_and_stored(tmp_path: Path) -> None:
    """155 layers, depthwise ones among them, in every width."""
    from paretune.trainables.keras.any_network import trainable

    data = data_of(tmp_path, (32, 32, 3), 1000, 1300)
    params = {**SPARSE, "batch_size": 128, "keras_model": "sample_networks:mobile"}
    results = run_all_bits(tmp_path, trainable, params, data, ALL_BITS)
    for bits, (metrics, context) in results.items():
        assert context.notes["float_layers"] == ()
        assert metrics["sparsity_reached"] >= 0.8 * 0.99
        assert metrics["model_kib"] < 3_500_000 * bits / 8 / 1024 + 700


def test_a_thousand_classes_are_one_output_each(tmp_path: Path) -> None:
    """The bundled network on small pictures of 1,000 classes, in 8 bits."""
    from paretune.trainables.keras.cnn import trainable

    context = FakeContext(tmp_path, data=data_of(tmp_path, (20, 20, 1), 1000, 1300))
    metrics = run_chain(trainable, {**QUICK, "batch_size": 256, "width": 0.25, "bits": 8}, context)
    assert metrics["loss"] == pytest.approx(np.log(1000), rel=0.5)
    assert metrics["parameters"] > 16 * 1000


def test_pictures_of_real_size_fit_the_bundled_network(tmp_path: Path) -> None:
    """224x224x3: pruned, in 4 bits, scored in batches that fit the memory."""
    from paretune.trainables.keras.cnn import trainable
    from paretune.trainables.tflite.evaluate_file import File

    context = FakeContext(tmp_path, data=data_of(tmp_path, (224, 224, 3), 2, 48))
    params = {**SPARSE, "batch_size": 8, "width": 0.25, "bits": 4}
    metrics = run_chain(trainable, params, context)
    assert metrics["sparsity_reached"] >= 0.8 * 0.99
    file = File((tmp_path / "model.tflite").read_bytes())
    largest = 222 * 222 * 8 * 4  # bytes that the first convolution writes for one image
    assert file.batch_size() * largest < 128 << 20


def test_a_table_is_trained_on_like_pictures(tmp_path: Path) -> None:
    """Rows of 20 numbers, no axis but one: pruned and in 4 bits."""
    from paretune.trainables.keras.any_network import trainable

    context = FakeContext(tmp_path, data=data_of(tmp_path, (20,), 4, 200))
    params = {**SPARSE, "bits": 4, "keras_model": "sample_networks:table"}
    metrics = run_chain(trainable, params, context)
    assert context.scratch["dataset"].input_shape == (20,)
    assert metrics["sparsity_reached"] >= 0.75


def test_videos_are_trained_on_like_pictures(tmp_path: Path) -> None:
    """Five axes with that of the examples; the 3-D convolution stays in floats, and is named."""
    from paretune.trainables.keras.any_network import trainable

    context = FakeContext(tmp_path, data=data_of(tmp_path, (4, 8, 8, 3), 4, 80))
    params = {**QUICK, "bits": 8, "keras_model": "sample_networks:video"}
    metrics = run_chain(trainable, params, context)
    assert context.notes["weight_types"] == ("FLOAT32", "INT8")
    assert len(context.notes["float_layers"]) == 1
    assert np.isfinite(metrics["loss"])


@pytest.mark.parametrize("shape", [(20,), (4, 32, 32, 3), (8, 8, 1)], ids=str)
def test_the_bundled_network_refuses_what_is_no_picture_before_any_trial(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    """Tables, videos and tiny pictures: refused when the data is prepared, with the cure."""
    from paretune.trainables.keras.cnn import trainable

    assert trainable.prepare is not None
    with pytest.raises(DataError, match=r'at least 18x18: use trainable = "keras"'):
        trainable.prepare(data_of(tmp_path, shape, 2, 20))


def test_a_network_beyond_the_format_is_refused_before_it_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A .tflite file holds less than 2 GiB: said with the network's size, before a step is paid."""
    from paretune.trainables.keras import network
    from paretune.trainables.keras.any_network import trainable

    monkeypatch.setattr(network, "_FILE_BYTES", 1000)
    context = FakeContext(tmp_path, data=data_of(tmp_path, (20,), 4, 40))
    with pytest.raises(TrainableError, match=r"404 parameters, .* less than 2 GiB"):
        run_chain(trainable, {**QUICK, "keras_model": "sample_networks:table"}, context)
    assert context.reports == []
