"""Writing the prepared form: cleaned, divided, compressed, with all that was done in its manifest.

    removed.csv     part, row, name, rule: every row of the source that was left out, and why

The source stays as it is: preparing again without a rule brings its rows back.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from paretune.data.data_options import DataOptions
from paretune.data.dataset import SplitPlan, plan_split
from paretune.data.prepared_form import FORMAT, LABELS, MANIFEST, PARTS, fingerprint_of
from paretune.data.public_url import public_url
from paretune.data.raw_data import TEST, TRAIN, array_digest, blocks
from paretune.errors import DataError

REMOVED = "removed.csv"
_SHARD_BYTES = 16 << 20  # before compression
_MOST_CHANNELS = 64  # of which each has statistics of its own


def prepare(options: DataOptions, out: Path, licence: str = "") -> dict[str, Any]:
    """Read, clean, divide and write to the folder `out`; returns the manifest.

    The folder is there whole or not at all. Raises DataError where the source cannot be used, or
    something is in the folder already.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(f"{out}: is there already; give the name of a new folder")
    plan = plan_split(options)
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        beside.mkdir(parents=True)
        manifest = _Writer(plan, beside).write(options, licence)
        out.mkdir(exist_ok=True)
        beside.replace(out)
    except OSError as error:
        raise DataError(f"{out}: cannot be written ({error})") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return manifest


class _Writer:
    def __init__(self, plan: SplitPlan, folder: Path) -> None:
        self._plan, self._folder = plan, folder
        self._factor, self._dtype = _exact_bytes(plan)

    def write(self, options: DataOptions, licence: str) -> dict[str, Any]:
        plan = self._plan
        labels = {part: plan.pool_of(part).labels[plan.rows[part]] for part in PARTS}
        parts = {part: self._shards(part) for part in PARTS}
        np.savez_compressed(self._folder / LABELS, **labels)
        removed = self._removed()
        manifest: dict[str, Any] = {
            "format": FORMAT,
            "source": public_url(options.source),
            "licence": licence or plan.raw.licence or "not stated",
            "shape": list(plan.pool.images.shape[1:]),
            "dtype": self._dtype.name,
            "multiplied_by": self._factor,
            "classes": plan.classes,
            "class_names": list(plan.class_names),
            "parts": parts,
            "labels": {part: array_digest(values) for part, values in labels.items()},
            "counts": {
                part: np.bincount(values, minlength=plan.classes).tolist()
                for part, values in labels.items()
            },
            "statistics": self._statistics(),
            "rules": list(options.rules),
            "cleaning": plan.removals.counts() if options.rules else {},
            "removed": {"file": REMOVED, "rows": removed},
            "options": {k: v for k, v in asdict(options).items() if k != "source"},
        }
        manifest["fingerprint"] = fingerprint_of(manifest)
        text = json.dumps(manifest, indent=2, allow_nan=False)
        (self._folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
        return manifest

    def _shards(self, part: str) -> list[dict[str, Any]]:
        found = []
        for number, rows in enumerate(self._blocks(part)):
            name = f"{part}-{number:05d}.npz"
            np.savez_compressed(self._folder / name, rows=rows)
            found.append({"file": name, "rows": len(rows), "digest": array_digest(rows)})
        return found

    def _blocks(self, part: str) -> Iterator[np.ndarray]:
        """The rows of a part as they are stored, a shard at a time."""
        images, chosen = self._plan.pool_of(part).images, self._plan.rows[part]
        row = int(np.prod(images.shape[1:])) * self._dtype.itemsize
        step = max(_SHARD_BYTES // max(row, 1), 1)
        for start in range(0, len(chosen), step):
            rows = images[chosen[start : start + step]]
            if self._dtype == np.uint8 and rows.dtype != np.uint8:
                rows = np.rint(rows * np.float32(self._factor)).astype(np.uint8)
            yield np.ascontiguousarray(rows)

    def _statistics(self) -> dict[str, Any]:
        """Of the training rows, as stored: per channel, that is along the last axis."""
        total = square = np.zeros(1)
        lowest, highest, count = np.inf, -np.inf, 0
        for rows in self._blocks(TRAIN):
            channels = rows.shape[-1] if rows.shape[-1] <= _MOST_CHANNELS else 1
            values = rows.reshape(-1, channels).astype(np.float64)
            total, square = total + values.sum(axis=0), square + (values**2).sum(axis=0)
            count += len(values)
            lowest = min(lowest, float(values.min()))
            highest = max(highest, float(values.max()))
        mean = total / count
        deviation = np.sqrt(np.maximum(square / count - mean**2, 0))
        return {
            "mean": mean.tolist(),
            "std": deviation.tolist(),
            "min": lowest,
            "max": highest,
        }

    def _removed(self) -> int:
        raw, removals, lines = self._plan.raw, self._plan.removals, 0
        with (self._folder / REMOVED).open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(("part", "row", "name", "rule"))
            for part, by_rule in ((TRAIN, removals.train), (TEST, removals.test)):
                for rule, rows in by_rule.items():
                    names = raw.parts[part].names
                    for row in rows.tolist():
                        table.writerow((part, row, names[row] if names else "", rule))
                        lines += 1
            for part, content in raw.parts.items():
                for text in content.unreadable:
                    table.writerow((part, "", text, "invalid"))
                    lines += 1
        return lines


def _exact_bytes(plan: SplitPlan) -> tuple[float, np.dtype[Any]]:
    """The factor by which the kept rows are exactly 0 ... 255, and the type to store them in."""
    pools = [(plan.pool_of(part).images, plan.rows[part]) for part in PARTS]
    if pools[0][0].dtype == np.uint8:
        return 1.0, np.dtype(np.uint8)
    factors = (1.0, 255.0) if pools[0][0].ndim > 2 else (1.0,)
    for factor in factors:
        if all(_are_bytes(images, rows, factor) for images, rows in pools):
            return factor, np.dtype(np.uint8)
    return 1.0, np.dtype(np.float32)


def _are_bytes(images: np.ndarray, chosen: np.ndarray, factor: float) -> bool:
    kept = np.zeros(len(images), bool)
    kept[chosen] = True
    for block in blocks(images):
        rows = images[block][kept[block]]
        whole = np.rint(rows * np.float32(factor))
        if not ((whole >= 0) & (whole <= 255)).all():
            return False
        if not (rows == (whole / factor).astype(np.float32)).all():
            return False
    return True
