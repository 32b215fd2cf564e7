"""`paretune report`: a study as one page, or as a picture."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from paretune.cli.options import Name, Storage
from paretune.cli.terminal import say
from paretune.errors import ExportError


class ReportFormat(StrEnum):
    """What is written."""

    HTML = "html"
    PNG = "png"
    SVG = "svg"


def report(
    name: Name,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="The file to write. Default: NAME with the format as its ending.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[
        ReportFormat | None,
        typer.Option(
            "--format",
            help="A page with everything, or the picture of the front alone. Default: as the "
            "file's ending says, else html.",
            show_default=False,
        ),
    ] = None,
    storage: Storage = None,
) -> None:
    """Write a study as one page: what was asked and found, the front to choose from, the bill.

    The page needs no network and no server: open it in a browser, print it, send it on.

    Examples:

    - `paretune report digits --out report.html`

    - `paretune report digits --format png`
    """
    from paretune.api.result import load
    from paretune.cli.logs import quieten

    quieten()
    path = _path(name, out, form)
    result = load(name, storage=storage)
    try:
        if path.suffix.lower() == ".html":
            result.report(path)
        else:
            result.plot(path)
    except ExportError as error:
        if error.argument != "path":
            raise
        raise ExportError(f"--out {error.message}") from None
    say(f"written to {path}")


def _path(name: str, out: Path | None, form: ReportFormat | None) -> Path:
    """Where to; raises ExportError where the ending and the format do not agree."""
    known = [f".{one.value}" for one in ReportFormat]
    if out is None:
        return Path(f"{name}.{(form or ReportFormat.HTML).value}")
    wanted = known if form is None else [f".{form.value}"]
    if out.suffix.lower() not in wanted:
        raise ExportError(f"--out {out}: give it the ending {' or '.join(wanted)}")
    return out
