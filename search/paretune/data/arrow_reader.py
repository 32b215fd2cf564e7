"""Columns that Arrow keeps: Parquet files, and Hugging Face data sets saved on disk.

The latter are read without the `datasets` package: they are Arrow streams beside two JSON files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from paretune.data.collected_rows import CollectedRows
from paretune.data.csv_reader import with_numbered_labels
from paretune.data.data_options import DataOptions
from paretune.data.part_files import part_files
from paretune.data.picture_files import UnreadablePicture, read_picture
from paretune.data.raw_data import TEST, TRAIN, RawData
from paretune.data.table_columns import TableColumns, choose_columns
from paretune.errors import DataError
from paretune.extras import require

PARQUET = (".parquet", ".pq")
_ROWS_PER_BLOCK = 1024
_STATE, _INFO, _SPLITS = "state.json", "dataset_info.json", "dataset_dict.json"


def read_parquet(path: Path, options: DataOptions) -> RawData:
    """Rows of one or several Parquet files. Raises DataError, MissingExtraError."""
    require("pyarrow", str(path))
    import pyarrow.parquet

    def batches(file: Path) -> Iterator[tuple[Any, TableColumns]]:
        with pyarrow.parquet.ParquetFile(file) as opened:
            columns = choose_columns(opened.schema_arrow.names, options, str(file))
            for batch in opened.iter_batches(_ROWS_PER_BLOCK, columns=columns.all):
                yield batch, columns

    parts = {}
    for name, files in part_files(path, PARQUET).items():
        rows = CollectedRows(f"{path}: {name}")
        for file in files:
            _collect(batches(file), rows, file)
        parts[name] = rows.part()
    return with_numbered_labels(parts, str(path))


def is_saved_dataset(path: Path) -> bool:
    """Has `datasets.save_to_disk` written this folder?"""
    return (path / _SPLITS).is_file() or (path / _STATE).is_file()


def read_saved_dataset(path: Path, options: DataOptions) -> RawData:
    """A Dataset, or a DatasetDict with "train" and "test". Raises DataError."""
    require("pyarrow", str(path))
    folders = {TRAIN: path}
    if (path / _SPLITS).is_file():
        splits = _json(path / _SPLITS).get("splits", [])
        folders = {name: path / name for name in (TRAIN, TEST) if name in splits}
        if TRAIN not in folders:
            raise DataError(f"{path}: no split {TRAIN!r}; it has {', '.join(map(str, splits))}")
    parts, about = {}, {}
    for name, folder in folders.items():
        rows = CollectedRows(f"{path}: {name}")
        about = _json(folder / _INFO)
        for file in _streams(folder):
            _collect(_stream_batches(file, options), rows, file)
        parts[name] = rows.part()
    data = with_numbered_labels(parts, str(path))
    names = data.class_names or _class_names(about, options)
    return RawData(data.parts, data.place, names, str(about.get("license") or ""))


def _streams(folder: Path) -> list[Path]:
    found = []
    for entry in _json(folder / _STATE).get("_data_files", []):
        file = folder / str(entry.get("filename"))
        if not file.resolve().is_relative_to(folder.resolve()):
            raise DataError(f"{folder / _STATE}: {entry.get('filename')!r} leads out of the folder")
        found.append(file)
    return found


def _stream_batches(file: Path, options: DataOptions) -> Iterator[tuple[Any, TableColumns]]:
    import pyarrow

    with pyarrow.memory_map(str(file)) as source, pyarrow.ipc.open_stream(source) as stream:
        columns = choose_columns(stream.schema.names, options, str(file))
        for batch in stream:
            for start in range(0, batch.num_rows, _ROWS_PER_BLOCK):
                yield batch.slice(start, _ROWS_PER_BLOCK).select(columns.all), columns


def _collect(batches: Iterator[tuple[Any, TableColumns]], rows: CollectedRows, file: Path) -> None:
    import pyarrow

    done = 0
    try:
        for batch, columns in batches:
            if len(columns.features) == 1:
                values, kept = _single(batch.column(columns.features[0]), rows, file, done)
            else:
                values, kept = _table(batch, columns, file), np.arange(batch.num_rows)
            labels = np.array(batch.column(columns.label).to_pylist(), dtype=object)[kept]
            group = (
                columns.group and np.array(batch.column(columns.group).to_pylist(), object)[kept]
            )
            rows.append(values, _numbers(labels), group)
            done += batch.num_rows
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{file}: cannot be read ({error})") from None


def _numbers(labels: np.ndarray) -> np.ndarray:
    whole = all(isinstance(label, int) for label in labels)
    return labels.astype(np.int64) if whole else labels


def _table(batch: Any, columns: TableColumns, file: Path) -> np.ndarray:
    import pyarrow

    found = []
    for name in columns.features:
        column = batch.column(name)
        kind = column.type
        if not (
            pyarrow.types.is_integer(kind)
            or pyarrow.types.is_floating(kind)
            or pyarrow.types.is_boolean(kind)
        ):
            raise DataError(
                f"{file}: column {name!r} is {kind}; name one such column, or several of numbers, "
                "in [data] columns"
            )
        found.append(column.cast(pyarrow.float32(), safe=False).to_numpy(zero_copy_only=False))
    return np.stack(found, axis=1)


def _single(
    column: Any, rows: CollectedRows, file: Path, done: int
) -> tuple[np.ndarray, np.ndarray]:
    """One column that holds whole rows: pictures, or lists of numbers."""
    import pyarrow

    kind = column.type
    if pyarrow.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
        column, kind = column.field("bytes"), kind.field("bytes").type
    if pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind):
        return _pictures(column.to_pylist(), rows, f"{file}", done)
    if pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind):
        return column.to_numpy(zero_copy_only=False)[:, None], np.arange(len(column))
    try:
        values = np.array(column.to_pylist())
    except ValueError:
        raise DataError(f"{file}: rows {done} and following differ in length; pad them") from None
    if values.dtype.kind not in "iuf":
        raise DataError(f"{file}: a column of {kind} holds no numbers and no pictures")
    if pyarrow.types.is_uint8(_innermost(kind)):
        values = values.astype(np.uint8)
    return values, np.arange(len(values))


def _innermost(kind: Any) -> Any:
    while hasattr(kind, "value_type"):
        kind = kind.value_type
    return kind


def _pictures(
    contents: list[bytes | None], rows: CollectedRows, place: str, done: int
) -> tuple[np.ndarray, np.ndarray]:
    found, kept = [], []
    shape = rows.shape
    for index, content in enumerate(contents):
        try:
            pixels = read_picture(content or b"", shape)
        except UnreadablePicture as problem:
            rows.unreadable.append(f"{place}, row {done + index}: {problem}")
            continue
        shape = shape or pixels.shape
        found.append(pixels)
        kept.append(index)
    empty = np.zeros((0, *(shape or ())), np.uint8)
    return (np.stack(found) if found else empty), np.array(kept, dtype=np.int64)


def _class_names(about: Mapping[str, Any], options: DataOptions) -> tuple[str, ...]:
    features = about.get("features") or {}
    label = options.label or next(
        (n for n in ("label", "labels", "fine_label") if n in features), ""
    )
    names = (features.get(label) or {}).get("names") or ()
    return tuple(map(str, names))


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error})") from None
    if not isinstance(found, dict):
        raise DataError(f"{path}: no JSON object")
    return found
