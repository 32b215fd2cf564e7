"""Checks the GPU side on a real machine: one command, PyTorch only (no TensorFlow needed).

    PYTHONPATH=. python benchmarks/gpu_check.py

Runs real trials of the PyTorch example under NVML: GPU-seconds, peak memory against PyTorch's own
counter, energy, leases, and that a killed trial leaves nothing behind on the device. Says
"no GPU here" and exits 0 on a machine without one.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from search.executors import Finished, Progress
from search.executors.local import LocalExecutor
from search.meters import nvml
from search.meters.discovery import discover
from search.trial import Assignment, Limits, Status

HERE = Path(__file__).parent
# Holds a known amount of memory and keeps the device busy for a while.
LOAD = """
import time
import torch


def train(params, context):
    kept = torch.zeros(params["mib"] * 2**18, device="cuda")  # 4 bytes each
    a = torch.randn(4096, 4096, device="cuda")
    end = time.monotonic() + params["seconds"]
    epoch = 0
    while time.monotonic() < end:
        for _ in range(20):
            a = torch.nn.functional.normalize(a @ a)
        torch.cuda.synchronize()
        epoch += 1
        context.report(epoch, accuracy=0.5)
    peak = torch.cuda.max_memory_allocated() / 2**20
    context.note(torch_peak_mib=peak, seen=torch.cuda.device_count())
    return {"accuracy": float(kept.sum().item() == 0)}
"""


class Check:
    """Counts what holds and what does not."""

    def __init__(self) -> None:
        self.failures = 0

    def __call__(self, holds: bool, text: str) -> None:
        self.failures += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {text}", flush=True)


def run(executor, folder, number, params, limits=None, trainable="gpu_load:train", until=None):
    executor.start(
        Assignment(
            number,
            trainable,
            params,
            (),
            "",
            str(folder / f"trial-{number}"),
            0,
            limits=limits or Limits(),
            search_path=str(folder),
        ),
        params.get("gpu_count", 1),
    )
    while True:
        for event in executor.poll(0.1):
            if isinstance(event, Finished):
                return event.outcome
            if until is not None and isinstance(event, Progress) and event.reports:
                until(executor._runs[number].pid)
                until = None


def used_mib(device) -> float:
    meter = nvml.NvmlMeter([device.id], lambda: ())
    return meter.idle_mib[0]


def main() -> None:
    devices = discover()
    if devices[0].kind == "cpu-core":
        print("no GPU here")
        return
    if importlib.util.find_spec("torch") is None:
        raise SystemExit("a GPU is here, but PyTorch is not: install torch to run this check")
    check = Check()
    print(f"{len(devices)} x {devices[0].kind}, {devices[0].memory_mib:.0f} MiB")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "gpu_load.py").write_text(LOAD)
        before = used_mib(devices[0])
        executor = LocalExecutor(devices, "gpu_load:train", str(folder), folder / "worker.log")
        outcome = run(executor, folder, 1, {"mib": 2048, "seconds": 5.0})
        check(outcome.status is Status.COMPLETED, f"trial: {outcome.status} {outcome.error or ''}")
        cost = outcome.cost
        print(f"     {cost}")
        check(4.9 < cost.gpu_seconds < 20, f"GPU-seconds {cost.gpu_seconds:.2f} for a 5 s load")
        own = outcome.notes.get("torch_peak_mib", 0.0)
        agree = cost.peak_memory_mib and abs(cost.peak_memory_mib - own) <= 0.02 * own
        check(bool(agree), f"peak {cost.peak_memory_mib} MiB against PyTorch's {own:.0f} MiB")
        check(outcome.notes.get("seen") == 1, "the trial sees only the device it has leased")
        check(cost.energy_j is None or cost.energy_j > 50, f"energy {cost.energy_j} J")
        busy = cost.gpu_busy_seconds
        check(busy is None or 0 < busy <= cost.gpu_seconds * 1.1, f"busy seconds {busy}")
        outcome = run(
            executor,
            folder,
            2,
            {"mib": 1024, "seconds": 600.0},
            until=lambda pid: os.kill(pid, signal.SIGSEGV),
        )
        check(outcome.status is Status.FAILED, f"crashed trial: {outcome.status}: {outcome.error}")
        check(outcome.spent.gpu_seconds > 0, f"it is billed: {outcome.spent.gpu_seconds:.2f}")
        outcome = run(executor, folder, 3, {"mib": 512, "seconds": 600.0}, Limits(gpu_seconds=6))
        check(outcome.status is Status.OVER_BUDGET, f"limit: {outcome.status}: {outcome.error}")
        check(bool(outcome.spent.peak_memory_mib), f"killed: peak {outcome.spent.peak_memory_mib}")
        outcome = run(executor, folder, 4, {"mib": 10**6, "seconds": 1.0})
        check(outcome.status is Status.OUT_OF_MEMORY, f"too large: {outcome.status}")
        deadline = time.monotonic() + 20
        while used_mib(devices[0]) > before + 64 and time.monotonic() < deadline:
            time.sleep(0.2)
        check(used_mib(devices[0]) <= before + 64, "the device is empty after the kills")
        check(executor.free == len(devices), "every lease was returned")
        executor.close()
        example = (
            LocalExecutor(
                devices, "torch_trainable:train", str(HERE.parent / "examples"), folder / "w2.log"
            )
            if importlib.util.find_spec("sklearn")
            else None
        )
        if example is not None:
            params = {"learning_rate": 0.01, "batch_size": 64, "hidden": 256, "epochs": 5}
            outcome = run(example, folder, 5, params, trainable="torch_trainable:train")
            check(outcome.metrics.get("accuracy", 0) > 0.9, f"PyTorch example: {outcome.metrics}")
            example.close()
    print("all is well" if not check.failures else f"{check.failures} checks failed")
    sys.exit(bool(check.failures))


if __name__ == "__main__":
    main()
