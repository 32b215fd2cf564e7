"""`paretune export`: one configuration of a study, as files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paretune.cli.options import Name, Storage
from paretune.cli.terminal import say
from paretune.errors import ExportError

if TYPE_CHECKING:
    from paretune.api.result import Chosen
    from paretune.export.export_trial import Exported


class Rule(StrEnum):
    """A way to choose from a front that needs nothing but the front."""

    KNEE = "knee"
    CHEAPEST = "cheapest"
    SMALLEST = "smallest"


class SavedAs(StrEnum):
    """What a network can be written as; model.tflite is always there."""

    TFLITE = "tflite"
    KERAS = "keras"
    SAVED_MODEL = "saved_model"
    ONNX = "onnx"


def export(
    name: Name,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write.")],
    rule: Annotated[
        Rule | None,
        typer.Option(
            "--rule",
            help="The front's knee, where it bulges most: a good compromise of all objectives; "
            "the cheapest in gpu_seconds; or the smallest file.",
            show_default=False,
        ),
    ] = None,
    best: Annotated[
        str | None,
        typer.Option(
            "--best",
            metavar="METRIC",
            help="The best in one figure, such as accuracy or gpu_seconds.",
            show_default=False,
        ),
    ] = None,
    trial: Annotated[
        int | None, typer.Option("--trial", metavar="N", help="That trial.", show_default=False)
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights",
            metavar="A=3,B=1",
            help="The best weighted sum of objectives, each scaled to the front's range.",
            show_default=False,
        ),
    ] = None,
    like: Annotated[
        int | None,
        typer.Option(
            "--like",
            metavar="N",
            help="The cheapest that is at least as good as trial N in everything else, within the "
            "noise of what was measured.",
            show_default=False,
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="CONDITION",
            help="Only among these, such as 'accuracy >= 0.95'; may be given again.",
            show_default=False,
        ),
    ] = None,
    formats: Annotated[
        list[SavedAs] | None,
        typer.Option(
            "--format",
            help="Of the network before it became model.tflite; may be given again. "
            "Default: keras, where that can be written.",
            show_default=False,
        ),
    ] = None,
    with_test_data: Annotated[
        bool, typer.Option("--with-test-data", help="Write the test images beside it (test.npz).")
    ] = False,
    with_data: Annotated[
        bool, typer.Option("--with-data", help="Write all images (data.npz), which train.py reads.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the export of another trial in DIR.")
    ] = False,
    storage: Storage = None,
) -> None:
    """Write one configuration to a folder: its settings, its model, scripts and a card.

    config.toml for `paretune train`; model.tflite with predict.py; train.py and model.keras, which
    need TensorFlow and no Paretune; MODEL_CARD.md.

    Say which by one of --rule, --best, --trial, --weights and --like; what the nearest better
    configurations would have taken is said. Its test accuracy is computed now:
    the search has never seen the test images.

    Examples:

    - `paretune export digits --rule knee --out chosen`

    - `paretune export digits --best gpu_seconds --where "accuracy >= 0.97" --out cheapest`
    """
    asked = {
        "--rule": rule,
        "--best": best,
        "--trial": trial,
        "--weights": weights,
        "--like": like,
    }
    given = [option for option, value in asked.items() if value is not None]
    if len(given) != 1:
        said = f"{' and '.join(given)} were given" if given else "none was given"
        raise ExportError(f"say which configuration by one of {', '.join(asked)}: {said}")
    if trial is not None and where:
        raise ExportError(f"--where {where[0]!r} chooses among trials, and --trial {trial} is one")

    from paretune.api.result import load
    from paretune.cli.logs import quieten
    from paretune.pareto.selection import parse_weights

    quieten()
    result = load(name, storage=storage)
    if trial is not None:
        chosen = result.trial(trial)
    else:
        chosen = result.choose(
            None if rule is None else rule.value,
            best=best,
            weights=None if weights is None else parse_weights(weights),
            like=like,
            where=where or (),
        )
    exported = chosen.export(
        out,
        formats=None if not formats else [form.value for form in formats],
        with_test_data=with_test_data,
        with_data=with_data,
        force=force,
    )
    _report(chosen, exported)


def _report(chosen: Chosen, exported: Exported) -> None:
    from paretune.export.baseline_comparison import compare, with_interval
    from paretune.report.choice_text import choice_lines
    from paretune.report.wording import listed, trial_name

    record = chosen.record
    name = trial_name(record.number, record.baseline)
    say(f"{name} of {chosen.loaded.study.study_name}: {listed(record.values or {})}")
    for line in choice_lines(chosen.choice):
        say(line)
    say(f"gpu_seconds were measured on {chosen.loaded.device_kind}")
    test = exported.configuration.test
    if test is not None:
        say(f"test accuracy {with_interval(test)}")
        for each in exported.configuration.baselines:
            say(f"test accuracy of baseline {each.baseline}: {with_interval(each.test)}")
        for comparison in compare(exported.configuration):
            say(f"it is {comparison.verdict}")
    for form, reason in exported.missing.items():
        say(f"without the format {form}: {reason}")
    say(f"written to {exported.folder}: {', '.join(exported.files)}")
