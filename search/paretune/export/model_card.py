"""`MODEL_CARD.md`: what the model is, how it came about, how good it is, how to load it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from paretune.export.exported_config import ExportedConfiguration
from paretune.report.markdown import code, plain
from paretune.trial.record import TrialRecord

# Both were run as they stand; tests/export/test_export_trial.py runs the first one on every export
# it makes.
_SCORE = """\
import numpy as np
from ai_edge_litert.interpreter import Interpreter

model, test = Interpreter("model.tflite"), np.load("test.npz")
source, target = model.get_input_details()[0], model.get_output_details()[0]
hits = 0
for start in range(0, len(test["labels"]), 200):
    images, labels = (test[name][start : start + 200] for name in ("images", "labels"))
    model.resize_tensor_input(source["index"], images.shape)
    model.allocate_tensors()
    model.set_tensor(source["index"], images.astype(source["dtype"]))
    model.invoke()
    hits += (model.get_tensor(target["index"]).argmax(axis=1) == labels).sum()
print(hits / len(test["labels"]))
"""
_PREDICT = """\
import numpy as np
from ai_edge_litert.interpreter import Interpreter

images = np.load("images.npy")  # {shape}, raw values as in the training data
model = Interpreter("model.tflite")
source, target = model.get_input_details()[0], model.get_output_details()[0]
model.resize_tensor_input(source["index"], images.shape)
model.allocate_tensors()
model.set_tensor(source["index"], images.astype(source["dtype"]))
model.invoke()
print(model.get_tensor(target["index"]).argmax(axis=1))
"""
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
    others: Sequence[str],  # names of further files of the trial
    completed: int,  # trials of the study that this one was chosen among
    test_data: bool,  # is test.npz beside it?
) -> str:
    """The whole card, in Markdown."""
    parts = [
        f"# {configuration.study}, trial {configuration.trial}",
        _what(configuration, interface, others),
        "## How it was made",
        _made(configuration, record),
        "## Figures",
        _figures(configuration),
    ]
    if interface is not None:
        parts += ["## How to load it", _loading(interface, test_data)]
    parts += ["## Limits", _limits(configuration, completed)]
    return "\n\n".join(parts) + "\n"


def _what(
    configuration: ExportedConfiguration, interface: Interface | None, others: Sequence[str]
) -> str:
    named = f"The network of the trainable {code(configuration.trainable)}"
    extra = f" Files of its own: {', '.join(map(code, others))}." if others else ""
    if interface is None:
        return f"{named}. It leaves no `model.tflite`.{extra}"
    return (
        f"{named}, as one file, `model.tflite`, for LiteRT (TensorFlow Lite). "
        f"Input: {interface.input_type}, {_batched(interface.input_shape)}. "
        f"Output: {interface.output_type}, {_batched(interface.output_shape)}. "
        f"The batch can be resized.{extra}"
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
            f"Trained on {configuration.device_kind}.{baseline} `config.toml` has everything; "
            "`paretune train config.toml` trains it again.",
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
            f"{_shown(test.accuracy)} ({test.images} images)",
        )
    ]
    if test is not None:
        loss = configuration.measured.get("loss")
        rows.append(("loss", _shown(loss), _shown(test.loss)))
    scored = _table(("", "validation (the search saw it)", "test (it did not)"), rows)
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
    return "\n\n".join([*parts, _table((heading, ""), [*costs, *rest])])


def _loading(interface: Interface, test_data: bool) -> str:
    shape = _batched(interface.input_shape)
    code = _SCORE if test_data else _PREDICT.format(shape=shape)
    said = "This prints the test accuracy above" if test_data else "This prints the classes"
    return f"{said}, with only NumPy and `ai-edge-litert` installed:\n\n```python\n{code}```"


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
