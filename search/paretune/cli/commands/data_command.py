"""`paretune data`: what is in a data set, and its prepared form."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from paretune.cli.help_pages import Command, CommandGroup
from paretune.cli.terminal import say

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
    from paretune.data.options import DataOptions
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
