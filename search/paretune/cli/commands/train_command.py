"""`paretune train`: an exported configuration once more, beside what was recorded."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paretune.cli.options import NO_ANSWER_EXIT, Devices
from paretune.cli.terminal import console, say

if TYPE_CHECKING:
    from rich.table import Table

    from paretune.export.exported_config import ExportedConfiguration


def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="The config.toml of an export.")],
    devices: Devices = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Keep the model and the log there. Default: they are not kept.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Train an exported configuration again and show its figures beside the recorded ones.

    Example: `paretune train chosen/config.toml`
    """
    from paretune.cli.logs import quieten
    from paretune.errors import ExportError
    from paretune.export.exported_config import ExportedConfiguration
    from paretune.progress.progress_display import Lines
    from paretune.study.run_study import run_single
    from paretune.trial.files import LOG
    from paretune.trial.outcome import Status

    quieten()
    recorded = ExportedConfiguration.load(config)
    if out is not None and out.exists() and not out.is_dir():
        raise ExportError(f"--out {out}: it is a file; name a folder")
    say(f"training trial {recorded.trial} of {recorded.study} again, seed {recorded.seed}")
    with _folder(out) as folder:
        outcome = run_single(
            trainable=recorded.trainable,
            params=recorded.train,
            data=recorded.data,
            seed=recorded.seed,
            folder=folder,
            search_path=recorded.code_folder(beside=config),
            code_version=recorded.code_version,
            devices=devices,
            observer=Lines(console()),
        )
        if outcome.status is not Status.COMPLETED:
            status = outcome.status.value.replace("_", " ")
            say(f"{status}: {outcome.error}")
            if out is None and (folder / LOG).is_file():
                say((folder / LOG).read_text(encoding="utf-8", errors="replace"))
            raise typer.Exit(NO_ANSWER_EXIT)
    console().print(_comparison(recorded, outcome.figures()))


@contextlib.contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    if out is not None:
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="paretune-train-") as folder:
        yield Path(folder)


def _comparison(recorded: ExportedConfiguration, now: Mapping[str, float]) -> Table:
    from rich.table import Table

    from paretune.measure.discovery import discover
    from paretune.report.labels import number

    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("figure")
    table.add_column(f"recorded on {recorded.device_kind}", justify="right")
    table.add_column(f"now on {discover()[0].kind}", justify="right")
    table.add_column("ratio", justify="right")
    for name in dict.fromkeys((*recorded.objectives, *recorded.measured, *now)):
        before, after = recorded.measured.get(name), now.get(name)
        ratio = "" if not before or after is None else f"{after / before:.3f}"
        shown = ("-" if value is None else number(value) for value in (before, after))
        table.add_row(name, *shown, ratio)
    return table
