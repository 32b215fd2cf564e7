"""What a file scores on a split of the study's data, in a process without TensorFlow.

    python -m paretune.trainables.tflite.score_file MODEL --data JSON --split test [--write FILE]

Prints one JSON object, {"accuracy", "loss", "images"}: what the file scores on that split of the
study's data. Imports no TensorFlow, and holds nothing that the file and the data do not.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from paretune.data.dataset import load
from paretune.errors import DataError, SearchError
from paretune.trainables.tflite.evaluate_file import File

_SPLITS = ("train", "validation", "test")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0, or 2 after one line on standard error."""
    parser = argparse.ArgumentParser(
        prog="paretune.trainables.tflite.score_file", description=__doc__
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", required=True, help="the study's [data] table as JSON")
    parser.add_argument("--split", choices=_SPLITS, default="test")
    parser.add_argument("--write", type=Path, help="also save the split as images, labels (.npz)")
    options = parser.parse_args(arguments)
    try:
        record = score(options.model, options.data, options.split, options.write)
    except SearchError as error:
        print(error, file=sys.stderr)  # noqa: T201 (a program of its own)
        return 2
    print(json.dumps(record))  # noqa: T201
    return 0


def score(model: Path, table: str, split_name: str, write: Path | None) -> dict[str, float]:
    """The file's score; raises SearchError where the file or the data cannot be used."""
    try:
        data = json.loads(table)
    except json.JSONDecodeError as error:
        raise DataError(f"--data {table!r} is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise DataError(f"--data {table!r} is no JSON object; give the [data] table")
    if not model.is_file():
        raise DataError(f"{model}: no such file")
    split = getattr(load(data), split_name)
    if write is not None:
        np.savez_compressed(write, images=split.images, labels=split.labels)
    return asdict(File(model.read_bytes()).score(split))


if __name__ == "__main__":
    sys.exit(main())
