"""`paretune data`: what is in a data set, and its prepared form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paretune.cli.help_pages import Command, CommandGroup
from paretune.cli.options import NO_ANSWER_EXIT, ObjectFormat
from paretune.cli.terminal import console, say

if TYPE_CHECKING:
    from paretune.data.damage.finding import Examined
    from paretune.data.raw_data import RawData

data = typer.Typer(
    name="data",
    cls=CommandGroup,
    help="Look at a data set, and prepare it for a study.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="A name (digits, mnist, fashion_mnist, cifar10), a path or a URL: .npz, .csv, "
        ".parquet, .tfrecord, a folder of pictures by class or a .zip or .tar of one, a saved "
        "Hugging Face data set.",
    ),
]
Label = Annotated[
    str | None,
    typer.Option(
        "--label", metavar="COLUMN", help="Which column is the label.", show_default=False
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="A,B",
        help="Which columns are features; else all others.",
        show_default=False,
    ),
]
Group = Annotated[
    str | None,
    typer.Option(
        "--group",
        metavar="COLUMN",
        help="Rows that agree in it stay in one part.",
        show_default=False,
    ),
]
Sha256 = Annotated[
    str | None,
    typer.Option("--sha256", metavar="HEX", help="Of a remote file.", show_default=False),
]


@data.command("prepare", cls=Command)
def prepare(
    source: Source,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder to write.")],
    clean: Annotated[
        str,
        typer.Option(
            "--clean",
            metavar="RULES",
            help="Which rows to drop: all, none, or some of invalid, constant, contradictions, "
            "leaks, duplicates.",
        ),
    ] = "all",
    validation: Annotated[
        float | None,
        typer.Option(
            "--validation",
            metavar="SHARE",
            help="Of the training rows; 1/6 of them, of the digits 1/4.",
            show_default=False,
        ),
    ] = None,
    test: Annotated[
        float | None,
        typer.Option(
            "--test",
            metavar="SHARE",
            help="Of all rows, where the source has no test part of its own; 1/6.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Of the split.")] = 0,
    label: Label = None,
    columns: Columns = None,
    group: Group = None,
    sha256: Sha256 = None,
    licence: Annotated[
        str, typer.Option("--licence", help="Of the data, for the manifest.", show_default=False)
    ] = "",
) -> None:
    """Clean a data set, divide it, and write it to a folder, compressed.

    The folder is then a study's `[data] source`. Its manifest.json says what was done, and
    removed.csv names every row that was left out; the source stays as it is.

    Examples:

    - `paretune data prepare digits prepared`

    - `paretune data prepare table.csv prepared --label species --clean invalid,duplicates`
    """
    from paretune.data.data_options import DataOptions
    from paretune.data.prepare_data import REMOVED
    from paretune.data.prepare_data import prepare as prepare_data

    table = _table(source, label, columns, group, sha256)
    table |= {"clean": _rules(clean), "seed": seed, "validation": validation, "test": test}
    manifest = prepare_data(DataOptions.parse(table, stored=False), out, licence)
    shape = "x".join(map(str, manifest["shape"]))
    sizes = ", ".join(f"{sum(n):,} {part}" for part, n in manifest["counts"].items())
    say(f"{sizes} rows of {shape} {manifest['dtype']}, {manifest['classes']} classes")
    for rule, count in manifest["cleaning"].items():
        say(f"{rule}: {count:,} dropped")
    if manifest["removed"]["rows"]:
        say(f"they are named in {out / REMOVED}")
    size = sum(path.stat().st_size for path in out.iterdir())
    say(f"written to {out} ({size / 2**20:.1f} MiB), fingerprint {manifest['fingerprint']}")


def _table(
    source: str,
    label: str | None,
    columns: str | None,
    group: str | None,
    sha256: str | None,
) -> dict[str, Any]:
    """A `[data]` table of what was given."""
    chosen = None if columns is None else [name.strip() for name in columns.split(",")]
    return {
        "source": source,
        "label": label,
        "columns": chosen,
        "group": group,
        "sha256": sha256,
    }


def _rules(text: str) -> bool | list[str]:
    if text in ("all", "none"):
        return text == "all"
    return [rule.strip() for rule in text.split(",")]


@data.command("check", cls=Command)
def check(
    source: Source,
    label: Label = None,
    columns: Columns = None,
    group: Group = None,
    sha256: Sha256 = None,
    form: Annotated[
        ObjectFormat, typer.Option("--format", help="For people, or for scripts.")
    ] = ObjectFormat.TABLE,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="PAGE",
            help="Also write a page with the worst examples as pictures (.html).",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Look for damage in a data set: bad rows, duplicates, leaks, wrong labels, shifts.

    The exit code is 1 where something misleads a study, else 0: what is only to be looked at is
    no error. Nothing is changed.

    Examples:

    - `paretune data check digits`

    - `paretune data check pictures/ --out pictures.html`
    """
    from paretune.data.damage.examine import examine
    from paretune.data.data_options import DataOptions

    table = _table(source, label, columns, group, sha256)
    examined, parts, raw = examine(DataOptions.parse(table, stored=False))
    if out is not None:
        from paretune.report.data_page import data_page

        _write(out, data_page(examined, parts))
    if form is ObjectFormat.JSON:
        say(json.dumps(data_object(examined, raw), indent=2, allow_nan=False))
    else:
        _print(examined)
        if out is not None:
            say(f"written to {out}")
    if not examined.is_sound:
        raise typer.Exit(NO_ANSWER_EXIT)


def _write(out: Path, page: str) -> None:
    from paretune.errors import DataError

    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise DataError(f"--out {out}: cannot be written ({error.strerror})") from None


def data_object(examined: Examined, raw: RawData) -> dict[str, Any]:
    """The JSON contract: every test that was made, and the rows it has found, the worst first."""
    return {
        "source": examined.place,
        "rows": examined.rows,
        "shape": list(examined.shape),
        "dtype": examined.dtype,
        "classes": examined.classes,
        "class_names": list(raw.class_names),
        "sampled_rows": examined.sampled,
        "sound": examined.is_sound,
        "findings": [
            {
                "kind": finding.kind,
                "part": finding.part,
                "severity": finding.severity,
                "advice": finding.advice,
                "count": finding.count,
                "rows": finding.rows[:1000].tolist(),
                "details": list(finding.details),
            }
            for finding in examined.findings
        ],
    }


def _print(examined: Examined) -> None:
    from rich.table import Table

    counts = ", ".join(f"{count:,} {part}" for part, count in examined.rows.items())
    shape = "x".join(map(str, examined.shape))
    say(f"{examined.place}: {counts} rows of {shape} {examined.dtype}, {examined.classes} classes")
    if examined.sampled is not None:
        say(f"likeness was looked for among {examined.sampled:,} rows")
    found = examined.found
    if not found:
        say(f"nothing was found by {len(examined.findings)} tests")
        return
    table = Table(box=None)
    for title in ("what", "part", "", "count"):
        table.add_column(title, no_wrap=True, justify="right" if title == "count" else "left")
    table.add_column("the first")
    for finding in found:
        rows = [f"row {row}" for row in finding.rows[:3].tolist()]
        details = list(finding.details[:3])
        first = [f"{row}: {text}" for row, text in zip(rows, details, strict=False)]
        shown = "\n".join(first or details) or ", ".join(rows)
        table.add_row(finding.kind, finding.part, finding.severity, f"{finding.count:,}", shown)
    console().print(table)
