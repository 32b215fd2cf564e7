"""What a file scores on a split of the study's data, in a process without TensorFlow.

    python -m paretune.trainables.tflite.score_file MODEL... --data JSON [--split test]

Prints a JSON object for each file, {"accuracy", "loss", "images"}: what it scores on that split of
the study's data. Imports no TensorFlow, and holds nothing that the files and the data do not.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from paretune.data.dataset import Dataset, load
from paretune.data.split import Split
from paretune.errors import DataError, SearchError
from paretune.trainables.tflite.evaluate_file import File

_SPLITS = ("train", "validation", "test")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0, or 2 after one line on standard error."""
    parser = argparse.ArgumentParser(
        prog="paretune.trainables.tflite.score_file", description=__doc__
    )
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL")
    parser.add_argument("--data", required=True, help="the study's [data] table as JSON")
    parser.add_argument("--split", choices=_SPLITS, default="test")
    parser.add_argument("--write", type=Path, help="also save the split as images, labels (.npz)")
    parser.add_argument(
        "--write-all", type=Path, help="also save all splits, x_train, y_train, ... (.npz)"
    )
    options = parser.parse_args(arguments)
    try:
        data = _dataset(options.data)
        records = [score(model, getattr(data, options.split)) for model in options.models]
    except SearchError as error:
        print(error, file=sys.stderr)  # noqa: T201 (a program of its own)
        return 2
    if options.write is not None:
        split = getattr(data, options.split)
        np.savez_compressed(options.write, images=split.images, labels=split.labels)
    if options.write_all is not None:
        _write_all(data, options.write_all)
    for record in records:
        print(json.dumps(record))  # noqa: T201
    return 0


def score(model: Path, split: Split) -> dict[str, float]:
    """The file's score; raises SearchError where it cannot be used."""
    if not model.is_file():
        raise DataError(f"{model}: no such file")
    return asdict(File(model.read_bytes()).score(split))


def _write_all(data: Dataset, path: Path) -> None:
    arrays: dict[str, Any] = {}
    for name in _SPLITS:
        split = getattr(data, name)
        arrays |= {f"x_{name}": split.images, f"y_{name}": split.labels}
    np.savez_compressed(path, **arrays)


def _dataset(table: str) -> Dataset:
    try:
        data = json.loads(table)
    except json.JSONDecodeError as error:
        raise DataError(f"--data {table!r} is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise DataError(f"--data {table!r} is no JSON object; give the [data] table")
    return load(data)


if __name__ == "__main__":
    sys.exit(main())
