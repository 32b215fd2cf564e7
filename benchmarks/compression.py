"""Bits x sparsity, from one trained network: what the file weighs and how well it predicts.

    python benchmarks/compression.py [--data FILE.npz] [--epochs N] [--width W] [--json FILE]

The network is trained once and pruned once per sparsity; every file is derived from that, as trials
of a study share their stages. Accuracy is the file's on the test images, in the interpreter. Only
the 2-bit files are trained further: nothing less gives them a meaning.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paretune.data.dataset import load_once
from paretune.trainables import Trainable
from paretune.trainables.keras import cnn
from paretune.trainables.tflite.evaluate_file import figures
from paretune.trainables.tflite.quantize import check

DEFAULT_DATA = Path(__file__).parents[2] / "shared" / "data" / "mnist.npz"
BITS = (32, 16, 8, 4, 2)
SPARSITIES = (0.0, 0.5, 0.8, 0.95)
FLOAT = (32, 0.0)  # what the others are read against


@dataclass
class StageContext:
    """What a stage needs to run outside a study: folders, and nobody to report to."""

    data: Mapping[str, Any]
    inputs: Path | None
    output: Path
    scratch: dict[str, Any]
    accuracies: list[float] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    number: int = 0
    seed: int = 0
    devices: tuple[str, ...] = ("cpu:0",)
    device_kind: str = "cpu-core"
    resumed: None = None

    def report(self, epoch: int, **metrics: float) -> None:
        self.accuracies.append(metrics["accuracy"])

    def checkpoint(self, *_: object) -> None:
        """Nobody goes on from here."""

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        yield

    def note(self, **facts: Any) -> None:
        self.notes.update(facts)


class Chain:
    """Runs single stages of a trainable, each into a folder of its own."""

    def __init__(self, trainable: Trainable, table: Mapping[str, Any], root: Path) -> None:
        self.stages = {stage.name: stage for stage in trainable.stages}
        self.table, self.root = table, root
        self.scratch: dict[str, Any] = {}

    def run(self, name: str, params: Mapping[str, Any], inputs: Path | None) -> Path:
        """The folder that stage `name` leaves."""
        output = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.root))
        stage = self.stages[name]
        context: Any = StageContext(self.table, inputs, output, self.scratch)
        begin = time.process_time()
        stage.run({key: params[key] for key in stage.declared(params)}, context)
        seconds = time.process_time() - begin
        reached = (
            f", validation accuracy {context.accuracies[-1]:.4f}" if context.accuracies else ""
        )
        print(f"  {name} {dict(params)}: {seconds:.1f} CPU s{reached}", flush=True)
        return output


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=str(DEFAULT_DATA) if DEFAULT_DATA.exists() else "digits")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--json", type=Path, help="also write the rows here")
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="compression-"))
    try:
        rows = measure(Chain(cnn.trainable, {"source": options.data}, root), options)
    finally:
        shutil.rmtree(root)
    print(table(rows))
    for claim in claims(rows):
        print(claim)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def measure(chain: Chain, options: argparse.Namespace) -> list[dict[str, Any]]:
    """One row for each combination of bits and sparsity."""
    train = {"epochs": options.epochs, "width": options.width, "batch_size": 128}
    test = load_once(chain.table).test
    trained = chain.run("train", train, None)
    rows = []
    for sparsity in SPARSITIES:
        before = chain.run("prune", {"sparsity": sparsity}, trained) if sparsity else trained
        converted = chain.run("convert", {}, before)
        for bits in BITS:
            source = converted
            if bits == 2:
                source = chain.run("convert", {}, chain.run("qat", {"bits": 2}, before))
            final = chain.run("quantize", {"bits": bits}, source) if bits < 32 else source
            content = (final / "model.tflite").read_bytes()
            rows.append(
                {
                    "bits": bits,
                    "sparsity": sparsity,
                    "types": check(content, bits).types,
                    **figures(content, test, threads=1),
                }
            )
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown."""
    base = next(row for row in rows if (row["bits"], row["sparsity"]) == FLOAT)
    lines = [
        "| bits | sparsity | stored as | file KiB | compressed KiB | of float, compressed "
        "| test accuracy | latency ms | memory KiB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['bits']} | {row['sparsity']:g} | {', '.join(row['types'])} "
        f"| {row['model_kib']:.1f} | {row['model_kib_compressed']:.1f} "
        f"| 1/{base['model_kib'] / row['model_kib_compressed']:.1f} | {row['accuracy']:.4f} "
        f"| {row['latency_ms']:.3f} | {row['inference_memory_kib']:.0f} |"
        for row in rows
    ]
    return "\n".join(lines)


def claims(rows: list[dict[str, Any]]) -> list[str]:
    """What the README says of this table, checked on it."""
    by = {(row["bits"], row["sparsity"]): row for row in rows}
    base, four, sparse = by[FLOAT], by[4, 0.0], by[4, 0.8]
    smaller = all(
        by[more, s]["model_kib"] > by[less, s]["model_kib"]
        for s in SPARSITIES
        for more, less in itertools.pairwise(BITS)
    ) and all(
        by[bits, s]["model_kib_compressed"] > by[bits, t]["model_kib_compressed"]
        for bits in BITS
        for s, t in itertools.pairwise(SPARSITIES)
    )
    shipped, stored = base["model_kib"], base["model_kib_compressed"]
    packed = sparse["model_kib_compressed"]
    return [
        f"sizes fall with bits and with sparsity in every row: {smaller}",
        f"4 bits: {lost(base, four)}, 1/{shipped / four['model_kib']:.2f} of the float file",
        f"4 bits at sparsity 0.8: {lost(base, sparse)}, compressed 1/{shipped / packed:.1f} of the "
        f"float file, 1/{stored / packed:.1f} of that compressed",
    ]


def lost(base: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    return f"{100 * (base['accuracy'] - row['accuracy']):.2f} points of accuracy lost"


if __name__ == "__main__":
    main()
