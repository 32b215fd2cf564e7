"""Checks the GPU side on a real machine: one command, PyTorch only (no TensorFlow needed).

    PYTHONPATH=. python benchmarks/gpu_check.py [--cpu]

Runs trials of a known load under NVML (GPU-seconds, peak memory against PyTorch's own counter,
energy, leases, and that a killed trial leaves nothing behind on the device), then a whole study of
the PyTorch example, whose records must add up. Says "no GPU here" and exits 0 on a machine without
one; with --cpu the same study runs on CPU cores, to try this script out.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import optuna

from search.executors import Finished, Progress
from search.executors.local import LocalExecutor
from search.meters import nvml
from search.meters.discovery import discover
from search.spec import StudySpec
from search.study.costs import ledger_of
from search.study.load import load_study
from search.study.observer import Silent, StudyState
from search.study.run import run_study
from search.trial import Assignment, Limits, Status

HERE = Path(__file__).resolve().parent
TRIALS = 8  # of the study
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


def study(check: Check, kind: str) -> None:
    """A whole study of the PyTorch example: searched, measured, billed, and read again."""
    on_gpu = kind != "cpu-core"
    spec = StudySpec.load(str(HERE.parent / "examples" / "torch_study.toml"))
    with tempfile.TemporaryDirectory() as name:
        url = f"sqlite:///{name}/studies.db"
        watched = Watched()
        run_study(
            spec, storage_url=url, trials=TRIALS, sampler="cost_aware", seed=0, observer=watched
        )
        loaded = load_study(spec.name, url)
        records = loaded.records
        ledger = ledger_of(loaded)
        ends = ", ".join(f"{r.number} {r.status}" for r in records)
        done = [record for record in records if record.status is Status.COMPLETED]
        check(len(done) == TRIALS, f"study: {ends}")
        check(loaded.device_kind == kind, f"measured on {loaded.device_kind}")
        best = max((record.metrics["accuracy"] for record in done), default=0.0)
        check(best > 0.8, f"best accuracy {best:.4f}, {len(loaded.front)} on the front")
        billed = sum(record.spent.gpu_seconds for record in records)
        check(
            billed > 0 and abs(billed - ledger.gpu_seconds) < 1e-6,
            f"GPU-seconds of the trials {billed:.3f}, of the ledger {ledger.gpu_seconds:.3f}",
        )
        below = all(0 < r.cost.gpu_seconds <= r.spent.gpu_seconds for r in done)
        check(below, "every configuration cost something, and no more than its trial paid")
        peaks = [record.cost.peak_memory_mib for record in done]
        check(all(peaks), f"peak memory {', '.join(f'{peak or 0:.0f}' for peak in peaks)} MiB")
        if on_gpu:
            energies = [record.spent.energy_j for record in done]
            check(all(energies) or not any(energies), f"energy {energies} J, all or none")
        check(
            watched.most <= watched.devices, f"{watched.most} of {watched.devices} devices leased"
        )
        check(watched.left == 0, "every lease was returned")
        predicted = [record.prediction for record in records if record.prediction is not None]
        check(len(predicted) == len(records), f"{len(predicted)} predictions stored before trials")


class Watched(Silent):
    """Counts the leased devices."""

    most = devices = left = 0

    def tick(self, state: StudyState) -> None:
        self.most = max(self.most, state.leased)
        self.devices, self.left = state.devices, state.leased


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cpu", action="store_true", help="the study alone, on CPU cores")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    check = Check()
    if options.cpu:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    devices = discover()
    kind = devices[0].kind
    if kind == "cpu-core" and not options.cpu:
        print("no GPU here")
        return
    if importlib.util.find_spec("torch") is None:
        raise SystemExit("PyTorch is not here: install torch to run this check")
    if kind != "cpu-core":
        load(check, devices)
    study(check, kind)
    print("all is well" if not check.failures else f"{check.failures} checks failed")
    sys.exit(bool(check.failures))


def load(check: Check, devices) -> None:
    """Trials of a known load, held against what PyTorch itself says, and killed."""
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


if __name__ == "__main__":
    main()
