"""The stages that deal with the file alone, whatever has trained the network.

Imports no framework.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from paretune.measure.devices import CPU_KIND
from paretune.trainables import Context, Params
from paretune.trainables.checkpoint import MODEL, Checkpoint, inputs_of
from paretune.trainables.settings import QuantizeSettings
from paretune.trainables.tflite import quantize
from paretune.trainables.tflite.evaluate_file import figures
from paretune.trainables.trial_data import dataset


def quantize_file(params: Params, context: Context) -> None:
    """The float32 file of the stage before in the width that is asked for."""
    settings = QuantizeSettings.parse(params)
    inputs = inputs_of(context.inputs, "quantize")
    checkpoint = Checkpoint.load_record(inputs)
    file = quantize.quantize(
        (inputs / MODEL).read_bytes(),
        settings.bits,
        on_grid=checkpoint.grid_bits == settings.bits,
    )
    (context.output / MODEL).write_bytes(file)
    replace(checkpoint, bits=settings.bits).save_record(context.output)


def evaluate_file(params: Params, context: Context) -> Mapping[str, float]:
    """The file's own figures, once it is found to hold what was asked for."""
    inputs = inputs_of(context.inputs, "evaluate")
    checkpoint = Checkpoint.load_record(inputs)
    file = context.save_artifact(inputs / MODEL, MODEL).read_bytes()
    stored = quantize.check(file, checkpoint.bits, zeros=checkpoint.zeros)
    validation = dataset(context).validation
    context.note(
        weight_types=stored.types,
        float_layers=stored.float_layers,
        validation_images=len(validation.labels),
    )
    threads = len(context.devices) if context.device_kind == CPU_KIND else 1
    return figures(file, validation, threads)
