"""Tables in text: .csv, in blocks of rows."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from paretune.data.collected_rows import CollectedRows, numbered
from paretune.data.data_options import DataOptions
from paretune.data.part_files import part_files
from paretune.data.raw_data import RawData, RawPart
from paretune.data.table_columns import choose_columns
from paretune.errors import DataError
from paretune.extras import require

SUFFIXES = (".csv", ".csv.gz")
_LONGEST_HEADER = 1 << 20
_CELLS_PER_BLOCK = 1 << 20


def read_csv(path: Path, options: DataOptions) -> RawData:
    """Columns of numbers as float32 rows, missing ones as NaN. Raises DataError."""
    require("pandas", str(path))
    parts = {}
    for name, files in part_files(path, SUFFIXES).items():
        rows = CollectedRows(f"{path}: {name}")
        for file in files:
            _read_file(file, options, rows)
        parts[name] = rows.part()
    return with_numbered_labels(parts, str(path))


def with_numbered_labels(parts: dict[str, RawPart], place: str) -> RawData:
    """The parts once their labels are whole numbers."""
    labels, names = numbered([part.labels for part in parts.values()], place)
    done = {
        name: RawPart(part.rows, numbers, part.groups, part.names, part.unreadable)
        for (name, part), numbers in zip(parts.items(), labels, strict=True)
    }
    return RawData(done, place, names)


def _read_file(file: Path, options: DataOptions, rows: CollectedRows) -> None:
    import pandas

    names = _header(file)
    columns = choose_columns(names, options, str(file))
    try:
        chunks = pandas.read_csv(
            file,
            chunksize=max(_CELLS_PER_BLOCK // len(names), 1),
            low_memory=False,
        )
        for chunk in chunks:
            features = chunk[list(columns.features)]
            for name in columns.features:
                if features[name].dtype.kind not in "iufb":
                    raise DataError(
                        f"{file}: column {name!r} holds text; leave it out by [data] columns, or "
                        "turn it into numbers"
                    )
            group = None if columns.group is None else chunk[columns.group].to_numpy()
            rows.append(features.to_numpy(np.float32), chunk[columns.label].to_numpy(), group)
    except (pandas.errors.ParserError, UnicodeDecodeError, OSError, ValueError) as error:
        raise DataError(f"{file}: not a readable .csv file ({error})") from None


def _header(file: Path) -> list[str]:
    """The names of the columns, from a first line of bounded length."""
    import csv

    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as content:
            line = content.readline(_LONGEST_HEADER + 1)
        text = line.decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: not a readable .csv file ({error})") from None
    if len(line) > _LONGEST_HEADER:
        raise DataError(
            f"{file}: its first line is longer than {_LONGEST_HEADER:,} bytes, with "
            f"{text.count(','):,} columns or more; is it the right file?"
        )
    names = next(csv.reader([text]), [])
    if len(set(names)) != len(names):
        raise DataError(f"{file}: two columns have one name; give each its own in the first line")
    return names
