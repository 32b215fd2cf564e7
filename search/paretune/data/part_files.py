"""The files of a source that is one file or a folder of them, by the part that they belong to."""

from __future__ import annotations

import re
from pathlib import Path

from paretune.data.raw_data import TEST, TRAIN
from paretune.errors import DataError

_TEST = re.compile(r"(^|[^a-z])test([^a-z]|$)")


def part_files(path: Path, suffixes: tuple[str, ...]) -> dict[str, list[Path]]:
    """One file is the training part; of a folder, what is called test is the test part."""
    if path.is_file():
        return {TRAIN: [path]}
    found: dict[str, list[Path]] = {}
    inside = path.resolve()
    for file in sorted(path.rglob("*")):
        if not file.is_file() or not has_suffix(file, suffixes):
            continue
        if not file.resolve().is_relative_to(inside):
            raise DataError(f"{file}: a link that leads out of {path}; copy the file into it")
        name = file.relative_to(path).as_posix().lower()
        found.setdefault(TEST if _TEST.search(name) else TRAIN, []).append(file)
    if TRAIN not in found:
        raise DataError(f"{path}: no training file ({', '.join(suffixes)}) in it")
    return found


def has_suffix(file: Path, suffixes: tuple[str, ...]) -> bool:
    """Is it one of these, in any case? "train.tfrecord-00000-of-00008" counts as .tfrecord."""
    name = re.sub(r"-\d+-of-\d+$", "", file.name.lower())
    return name.endswith(suffixes)
