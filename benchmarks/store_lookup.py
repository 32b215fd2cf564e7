"""Does looking a stage up stay as quick when the store is full?

    python benchmarks/store_lookup.py

Microseconds of CPU time for a look (`has`) and for a checked product (`get`, of 1.1 MiB), median
of 200, with 10 to 10,000 entries in the store.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import tempfile
import time
from pathlib import Path

from paretune.measure import Measurement
from paretune.stages.stage_store import StageStore


def key(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def microseconds(action, count: int = 200) -> float:
    times = []
    for number in range(count):
        began = time.process_time()
        action(number)
        times.append(time.process_time() - began)
    return 1e6 * statistics.median(times)


def main() -> None:
    print("| entries | has, us | get, us |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        product = Path(name) / "product"
        product.mkdir()
        (product / "weights.npz").write_bytes(os.urandom(1_100_000))
        store, there = StageStore(Path(name) / "store"), 0
        for entries in (10, 100, 1_000, 10_000):
            for number in range(there, entries):
                cost = {"train": Measurement(gpu_seconds=float(number))}
                store.put(
                    key(number),
                    "train",
                    product,
                    phases=cost,
                    metrics={"accuracy": 0.9},
                    notes={},
                    params={"epochs": number},
                )
            there = entries
            has = microseconds(lambda n, size=entries: store.has(key(n % size)))
            get = microseconds(lambda n, size=entries: store.get(key(n % size)))
            print(f"| {entries:,} | {has:.0f} | {get:.0f} |", flush=True)


if __name__ == "__main__":
    main()
