"""`MODEL_CARD.md`: what the model is, how it came about, how good it is, how to load it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from paretune.export.baseline_comparison import compare, with_interval
from paretune.export.exported_config import ExportedConfiguration
from paretune.report.markdown import code, plain
from paretune.trial.record import TrialRecord

CARD = "MODEL_CARD.md"
TEST_DATA = "test.npz"
DATA = "data.npz"
PREDICT_SCRIPT = "predict.py"
# What each file is, as far as it is ours; {test} is the file with test images.
_FILES = {
    "model.tflite": "the network as it is deployed, for LiteRT (TensorFlow Lite)",
    PREDICT_SCRIPT: (
        "asks it, with NumPy and `ai-edge-litert` alone: `python predict.py images.npy` prints "
        "classes, of an `.npz` with labels the accuracy as well"
    ),
    "train.py": (
        "trains it again, with TensorFlow and without Paretune; what it does differently it says "
        f"first. It reads `{DATA}`, or `--data` (`paretune export --with-data` writes it)"
    ),
    "model.keras": "the network before it became `model.tflite`: `tf_keras.models.load_model`",
    "saved_model": (
        'the same as a SavedModel: `model = tf.saved_model.load("saved_model")`, then '
        "`model.serve(images)`, float32"
    ),
    "model.onnx": "the same for ONNX runtimes; its input is `images`, float32",
    TEST_DATA: "the test images and labels",
    DATA: "the images and labels of training, validation and test (`x_train`, `y_train`, ...)",
    "code": "the modules of the user's that the trial has run",
}
_COSTS = ("gpu_seconds", "wall_seconds", "cpu_seconds", "energy_j")


@dataclass(frozen=True)
class Interface:
    """What the file takes and gives."""

    input_shape: tuple[int, ...]  # without the batch, which can be resized
    input_type: str
    output_shape: tuple[int, ...]  # without the batch
    output_type: str


def model_card(
    configuration: ExportedConfiguration,
    record: TrialRecord,
    interface: Interface | None,  # None where there is no model.tflite
    *,
    completed: int,  # trials of the study that this one was chosen among
) -> str:
    """The whole card, in Markdown."""
    parts = [
        f"# {configuration.study}, trial {configuration.trial}",
        _what(configuration, interface),
        "## How it was made",
        _made(configuration, record),
        "## Figures",
        _figures(configuration),
    ]
    if configuration.files:
        parts += ["## Files", _files(configuration)]
    parts += ["## Limits", _limits(configuration, completed)]
    return "\n\n".join(parts) + "\n"


def _what(configuration: ExportedConfiguration, interface: Interface | None) -> str:
    named = f"The network of the trainable {code(configuration.trainable)}"
    if interface is None:
        return f"{named}. It has left no `model.tflite`."
    return (
        f"{named}. "
        f"Input: {interface.input_type}, {_batched(interface.input_shape)}, raw values as in the "
        f"training data. Output: {interface.output_type}, {_batched(interface.output_shape)}. "
        "The batch can be resized."
    )


def _made(configuration: ExportedConfiguration, record: TrialRecord) -> str:
    data = ", ".join(
        f"{plain(name)} = {plain(str(value))}" for name, value in configuration.data.items()
    )
    baseline = "" if record.baseline is None else f" It is the study's baseline {record.baseline}."
    rows = [(code(name), _shown(value)) for name, value in configuration.train.items()]
    return "\n\n".join(
        [
            f"Data: {data or 'as the trainable loads it'}. Seed: {configuration.seed}. "
            f"Trained on {configuration.device_kind}.{baseline} `config.toml` has everything: "
            "`paretune train config.toml` trains it again, on one kind of processor with the same "
            "versions to the bit.",
            _table(("parameter", "value"), rows),
        ]
    )


def _figures(configuration: ExportedConfiguration) -> str:
    test = configuration.test
    rows = [
        ("accuracy of the file", _shown(configuration.measured.get("accuracy")), "-")
        if test is None
        else (
            "accuracy of the file",
            _shown(configuration.measured.get("accuracy")),
            with_interval(test),
        )
    ]
    if test is not None:
        loss = configuration.measured.get("loss")
        rows.append(("loss", _shown(loss), _shown(test.loss)))
    rows += [
        (
            f"accuracy of baseline {each.baseline} (trial {each.trial})",
            _shown(each.measured.get("accuracy")),
            with_interval(each.test),
        )
        for each in configuration.baselines
    ]
    scored = _table(("", "validation (the search saw it)", "test (it did not)"), rows)
    verdicts = [f"It is {each.verdict}." for each in compare(configuration)]
    costs = [
        (code(n), _shown(configuration.measured[n])) for n in _COSTS if n in configuration.measured
    ]
    rest = [
        (code(name), _shown(value))
        for name, value in configuration.measured.items()
        if name not in {*_COSTS, "accuracy", "loss"}
    ]
    heading = f"measured on {configuration.device_kind}"
    parts = [scored] if "accuracy" in configuration.measured else []
    return "\n\n".join([*parts, *verdicts, _table((heading, ""), [*costs, *rest])])


def _files(configuration: ExportedConfiguration) -> str:
    """Those that are there, and only those."""
    lines = []
    for name in configuration.files:
        about = _FILES.get(name, "of the trial's own" if name != CARD else "")
        score = configuration.networks.get(name, {})
        if "accuracy" in score:
            about += f". Test accuracy {_shown(score['accuracy'])} ({score['images']:.0f} images)"
        lines += [f"- {code(name)}: {about}." if about else f"- {code(name)}."]
    rounded = configuration.train.get("bits", 32)
    if configuration.networks and rounded != 32:
        lines.append("")
        lines.append(
            f"The networks in formats of their framework's own compute in floats: they are what "
            f"`model.tflite` was before its weights were rounded to {plain(str(rounded))} bits."
        )
    return "\n".join(lines)


def _limits(configuration: ExportedConfiguration, completed: int) -> str:
    lines = [
        f"It was chosen among {completed} completed trials by figures on the validation images, "
        "which flatters those figures a little; the test figures had no part in the choice. "
        "Choosing among several exports by their test figures would give that away.",
        f"`gpu_seconds` are seconds of one {configuration.device_kind} and compare with no other "
        "kind of device. Latency holds for the machine that measured it.",
        "Nothing is known about inputs unlike the training data: other sensors, other "
        "preprocessing, classes it has not seen.",
        "One training with one seed: another seed gives another model of about this quality.",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _batched(shape: tuple[int, ...]) -> str:
    return f"({', '.join(['n', *map(str, shape)])})"


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else plain(str(value))
