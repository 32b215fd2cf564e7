"""The bundled network through the whole chain: what a trial ends with."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from fake_context import FakeContext, run_chain

pytestmark = pytest.mark.tensorflow

# Small and quick, and good enough that accuracies mean something.
QUICK = {
    "width": 0.5,
    "epochs": 6,
    "batch_size": 32,
    "learning_rate": 4e-3,
    "schedule": "cosine",
    "prune_epochs": 2,
    "qat_epochs": 1,
}
Trial = tuple[dict[str, float], FakeContext]


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Trial]:
    """`trial(bits=4, ...)`: the metrics and the context of that configuration, run once."""
    from paretune.trainables.keras.cnn import trainable

    done: dict[str, Trial] = {}

    def run(**params: Any) -> Trial:
        key = json.dumps(params, sort_keys=True)
        if key not in done:
            context = FakeContext(tmp_path_factory.mktemp("trial"), data={"source": "digits"})
            done[key] = (run_chain(trainable, {**QUICK, **params}, context), context)
        return done[key]

    return run


def file_of(context: FakeContext) -> bytes:
    return (context.directory / "model.tflite").read_bytes()


def independent_accuracy(content: bytes, images: np.ndarray, labels: np.ndarray) -> float:
    """What ten lines with NumPy and the interpreter find, one image at a time."""
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    (given,) = interpreter.get_input_details()
    (wanted,) = interpreter.get_output_details()
    hits = 0
    for image, label in zip(images, labels, strict=True):
        interpreter.set_tensor(given["index"], image[None].astype(given["dtype"]))
        interpreter.invoke()
        hits += int(interpreter.get_tensor(wanted["index"]).argmax() == label)
    return hits / len(labels)


@pytest.mark.parametrize(
    ("params", "stored", "worst"),
    [
        ({"bits": 32}, "FLOAT32", 0.75),
        ({"bits": 16}, "FLOAT16", 0.75),
        ({"bits": 8}, "INT8", 0.75),
        ({"bits": 8, "activations": "int8"}, "INT8", 0.75),
        ({"bits": 4}, "INT4", 0.75),
        ({"bits": 4, "quantization": "qat"}, "INT4", 0.75),
        ({"bits": 2}, "INT2", 0.7),
        ({"bits": 8, "sparsity": 0.5}, "INT8", 0.75),
        ({"bits": 4, "sparsity": 0.8, "quantization": "qat"}, "INT4", 0.75),
    ],
)
def test_the_file_is_what_was_asked_for(
    trial: Callable[..., Trial], params: Mapping[str, Any], stored: str, worst: float
) -> None:
    """Every weight has the asked type in the file, and one image at a time it scores as told."""
    from paretune.trainables.tflite import flatbuffer

    metrics, context = trial(**params)
    content = file_of(context)
    assert {kernel.type for kernel in flatbuffer.Graph(content).kernels()} == {stored}
    assert context.notes["float_layers"] == ()
    validation = context.scratch["dataset"].validation
    found = independent_accuracy(content, validation.images, validation.labels)
    assert found == metrics["accuracy"] >= worst
    assert metrics["model_kib"] == len(content) / 1024


def test_fewer_bits_make_smaller_files(trial: Callable[..., Trial]) -> None:
    """Both sizes fall from 32 to 2 bits, and 4 bits are at most 1/5.5 of float even when tiny."""
    metrics = [trial(bits=bits)[0] for bits in (32, 16, 8, 4, 2)]
    for name in ("model_kib", "model_kib_compressed"):
        sizes = [figures[name] for figures in metrics]
        assert all(more > less for more, less in itertools.pairwise(sizes))
    assert metrics[3]["model_kib"] < metrics[0]["model_kib"] / 5.5


def test_pruned_weights_are_zeros_in_the_file(trial: Callable[..., Trial]) -> None:
    """The zeros of the float network are zeros of the narrow file, position by position."""
    from paretune.trainables.checkpoint import MODEL
    from paretune.trainables.tflite import flatbuffer

    metrics, context = trial(bits=4, sparsity=0.8, quantization="qat")
    float_file = (context.directory / "stages" / "convert" / MODEL).read_bytes()
    pairs = zip(
        flatbuffer.Graph(float_file).kernels(),
        flatbuffer.Graph(file_of(context)).kernels(),
        strict=True,
    )
    for wide, narrow in pairs:
        assert ((wide.values == 0) == (narrow.values == 0)).all()
        if narrow.prunable:
            assert (narrow.values == 0).mean() >= 0.8 * 0.99
    assert metrics["sparsity_reached"] >= 0.8 * 0.99


def test_sparsity_shows_in_the_compressed_size_only(trial: Callable[..., Trial]) -> None:
    """A sparse file is as long as a dense one, and much smaller when it is compressed."""
    dense, sparse = trial(bits=8)[0], trial(bits=8, sparsity=0.5)[0]
    assert sparse["model_kib"] == dense["model_kib"]
    assert sparse["model_kib_compressed"] < 0.8 * dense["model_kib_compressed"]


def test_full_integer_files_take_raw_bytes(trial: Callable[..., Trial]) -> None:
    """activations = "int8" gives uint8 in and out; every other file takes float32."""
    for params, kind in (({"bits": 8, "activations": "int8"}, np.uint8), ({"bits": 4}, np.float32)):
        interpreter = Interpreter(model_content=file_of(trial(**params)[1]))
        assert interpreter.get_input_details()[0]["dtype"] == kind
        assert list(interpreter.get_input_details()[0]["shape_signature"]) == [-1, 28, 28, 1]
        assert interpreter.get_output_details()[0]["dtype"] == kind


def test_stages_without_work_are_skipped_and_the_data_is_a_phase_of_its_own(
    trial: Callable[..., Trial],
) -> None:
    """Sparsity 0 at 32 bits trains, converts and evaluates; loading is measured apart, once."""
    _, context = trial(bits=32)
    assert sorted(path.name for path in (context.directory / "stages").iterdir()) == [
        "convert",
        "evaluate",
        "train",
    ]
    assert context.phases.count("data") == 1
    assert context.phases.count("evaluate") == QUICK["epochs"]
    assert [report["epoch"] for report in context.reports] == list(range(1, 7))


def test_fine_tuning_goes_on_counting_epochs(trial: Callable[..., Trial]) -> None:
    """Reports of pruning and quantization-aware training continue those of the training."""
    _, context = trial(bits=4, sparsity=0.8, quantization="qat")
    assert [report["epoch"] for report in context.reports] == list(range(1, 10))


def test_metrics_are_those_the_catalog_promises(trial: Callable[..., Trial]) -> None:
    """A study may name any metric of the catalog as an objective, so each must be there."""
    from paretune.catalog import TRAINABLES

    metrics, _ = trial(bits=8)
    assert set(metrics) == set(TRAINABLES["cnn"].metrics)
    assert all(np.isfinite(value) for value in metrics.values())
    assert metrics["latency_ms"] > 0
    assert metrics["inference_memory_kib"] > 0


@pytest.mark.parametrize("params", [{"bits": 4, "sparsity": 0.8, "quantization": "qat"}])
def test_a_chain_resumed_from_stored_stages_gives_the_same_file(
    trial: Callable[..., Trial], params: Mapping[str, Any], tmp_path: Path
) -> None:
    """Bit for bit, wherever it is resumed: a stage knows only the folder of the one before."""
    from paretune.trainables.keras.cnn import trainable

    _, first = trial(**params)
    stages = [stage for stage in trainable.stages if stage.when({**QUICK, **params})]
    for begin in range(1, len(stages) - 1):
        folder = tmp_path / str(begin)
        context = FakeContext(folder, data={"source": "digits"})
        context.inputs = first.directory / "stages" / stages[begin - 1].name
        for stage in stages[begin:]:
            context.output = folder / "stages" / stage.name
            context.output.mkdir(parents=True)
            visible = {**QUICK, **params}
            stage.run({name: visible[name] for name in stage.declared(visible)}, context)
            context.inputs = context.output
        assert file_of(context) == file_of(first)


def test_the_same_trial_twice_gives_the_same_file(
    trial: Callable[..., Trial], tmp_path: Path
) -> None:
    """Same seed, same bytes, whatever else this process has trained in between."""
    from paretune.trainables.keras.cnn import trainable

    _, first = trial(bits=8, sparsity=0.5)
    again = FakeContext(tmp_path, data={"source": "digits"})
    run_chain(trainable, {**QUICK, "bits": 8, "sparsity": 0.5}, again)
    assert file_of(again) == file_of(first)
    other = FakeContext(tmp_path / "other", data={"source": "digits"}, seed=1)
    run_chain(trainable, {**QUICK, "bits": 8, "sparsity": 0.5}, other)
    assert file_of(other) != file_of(first)


@pytest.mark.parametrize("schedule", ["constant", "wsd"])
def test_a_longer_training_goes_on_from_a_shorter_one(tmp_path: Path, schedule: str) -> None:
    """Resumed after any stored epoch it ends in the same file, bit for bit; a decay at its end
    included."""
    from paretune.trainables.keras.cnn import trainable

    params = {**QUICK, "epochs": 3, "schedule": schedule, "bits": 8}
    whole = FakeContext(tmp_path / "whole", data={"source": "digits"})
    run_chain(trainable, params, whole)
    assert sorted(whole.kept) == [1, 2]
    for reached, folder in whole.kept.items():
        resumed = FakeContext(
            tmp_path / f"from-{reached}", data={"source": "digits"}, resumed=(reached, folder)
        )
        run_chain(trainable, params, resumed)
        assert file_of(resumed) == file_of(whole)
        assert resumed.reports == whole.reports[reached:]


@pytest.mark.parametrize("schedule", ["constant", "wsd"])
def test_what_a_longer_training_passes_through_is_what_a_shorter_one_leaves(
    tmp_path: Path, schedule: str
) -> None:
    """The state after two of three epochs makes the same file as a training of two epochs."""
    from paretune.trainables.keras.cnn import trainable

    params = {**QUICK, "schedule": schedule, "bits": 8}
    longer = FakeContext(tmp_path / "longer", data={"source": "digits"})
    run_chain(trainable, {**params, "epochs": 3}, longer)
    shorter = FakeContext(tmp_path / "shorter", data={"source": "digits"})
    run_chain(trainable, {**params, "epochs": 2}, shorter)
    after = "decay" if schedule == "wsd" else "convert"
    stage = next(stage for stage in trainable.stages if stage.name == after)
    output = tmp_path / "passed"
    output.mkdir()
    passed = FakeContext(
        tmp_path / "work", inputs=longer.kept[2], output=output, data={"source": "digits"}
    )
    stage.run({"schedule": schedule}, passed)
    left = "weights.npz" if schedule == "wsd" else "model.tflite"
    product = (output / left).read_bytes()
    assert product == (shorter.directory / "stages" / after / left).read_bytes()


def test_a_process_builds_its_network_and_traces_its_steps_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stable training's decay runs in the same steps, and the file is made of the same network;
    bfloat16 trains in another network than the file's.
    """
    from paretune.trainables.keras import cnn, training
    from paretune.trainables.keras.keras_chain import chain
    from paretune.trainables.keras.network import Architecture

    made: list[str] = []

    class CountedSpans(training.Spans):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            made.append("steps")
            super().__init__(*arguments, **named)

    def counted_build(*arguments: Any) -> Any:
        made.append("network")
        return cnn.build(*arguments)

    monkeypatch.setattr(training, "Spans", CountedSpans)
    counted = chain("cnn", Architecture(counted_build, ("width",), repeatable=True))
    quick = {"width": 0.25, "epochs": 1, "batch_size": 256}
    for precision, expected in (("float32", 1), ("bfloat16", 2)):
        params = {**quick, "schedule": "wsd", "precision": precision}
        run_chain(counted, params, FakeContext(tmp_path / precision, data={"source": "digits"}))
        assert (made.count("network"), made.count("steps")) == (expected, 1)
        made.clear()


def test_only_a_rate_that_knows_no_end_can_be_gone_on_from() -> None:
    """A cosine schedule knows its end from the first step: shorter runs are no prefixes of it."""
    from paretune.trainables.keras.cnn import trainable

    train = trainable.stages[0]
    assert train.prefix == "epochs"
    assert train.prefix_exact({"schedule": "constant"})
    assert train.prefix_exact({"schedule": "wsd"})
    assert not train.prefix_exact({"schedule": "cosine"})


def test_a_training_in_bfloat16_leaves_the_same_kind_of_file(trial: Callable[..., Trial]) -> None:
    """It learns, prunes and fine-tunes in half the digits; the file is that of any training."""
    from paretune.trainables.tflite import flatbuffer

    params = {"bits": 8, "sparsity": 0.5}
    metrics, context = trial(**params, precision="bfloat16")
    exact, _ = trial(**params)
    assert metrics["accuracy"] >= 0.75
    assert metrics["loss"] != exact["loss"]
    assert metrics["sparsity_reached"] >= 0.5 * 0.99
    assert {kernel.type for kernel in flatbuffer.Graph(file_of(context)).kernels()} == {"INT8"}
    (given,) = Interpreter(model_content=file_of(context)).get_input_details()
    assert given["dtype"] == np.float32


def test_whether_a_stage_was_compiled_is_recorded(trial: Callable[..., Trial]) -> None:
    """Of every stage that trains; never on CPU cores."""
    _, context = trial(bits=4, sparsity=0.8, quantization="qat")
    compiled = {name: value for name, value in context.notes.items() if "compiled" in name}
    assert compiled == {"train_compiled": False, "prune_compiled": False, "qat_compiled": False}


def test_compression_needs_nothing_but_what_training_left(
    trial: Callable[..., Trial], tmp_path: Path
) -> None:
    """On GPUs another process compresses: from the folder alone it makes the same file."""
    from paretune.trainables.keras.cnn import trainable

    metrics, trained = trial(bits=4)
    rest = [stage for stage in trainable.stages if not stage.device]
    assert [stage.name for stage in rest] == ["convert", "quantize", "evaluate"]
    context = FakeContext(tmp_path, data=trained.data, device_kind="cpu-core", devices=("cpu:1",))
    context.inputs = trained.directory / "stages" / "train"
    again = run_chain(replace(trainable, stages=tuple(rest)), {**QUICK, "bits": 4}, context)
    assert file_of(context) == file_of(trained)
    assert again["accuracy"] == metrics["accuracy"]
