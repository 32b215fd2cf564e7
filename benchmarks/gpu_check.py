"""Checks the GPU side on a real machine: one command, PyTorch only (no TensorFlow needed).

    PYTHONPATH=. python benchmarks/gpu_check.py [--trials 8] [--cpu]

Runs a whole study of the PyTorch example under NVML and reads it back from its storage, then
trials of a known load: GPU-seconds, peak memory against PyTorch's own counter, energy, leases, and
that a killed trial leaves nothing behind on the device. Says "no GPU here" and exits 0 on a
machine without one; `--cpu` runs the same on CPU cores, with the checks that make sense there.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import psutil
from paretune.execute import Finished, Progress
from paretune.execute.local_executor import LocalExecutor
from paretune.measure import Measurement, nvml_meter
from paretune.measure.devices import CPU_KIND, Device
from paretune.measure.discovery import discover
from paretune.spec.study_spec import StudySpec
from paretune.study.observer import Silent, StudyState
from paretune.study.run_study import run_study
from paretune.study.storage.load_study import load_study
from paretune.trial.job import Job, Limits
from paretune.trial.outcome import Outcome, Status

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
NAME = "gpu-check"
# Learns the digits on any machine, whatever else the sampler tries.
BASELINE = {"learning_rate": 0.01, "batch_size": 64, "hidden": 256, "epochs": 5, "gpu_count": 1}
TRAINED_BYTES = 16  # a parameter's under Adam: itself, its gradient and two moments
POWER_W = (10, 1500)  # no device of a data centre draws less when it works, or more
# Holds a known amount of memory and keeps the device busy for a while.
LOAD = """
import time
import torch


def train(params, context):
    device = "cpu" if context.device_kind == "cpu-core" else "cuda"
    kept = torch.ones(params["mib"] * 2**18, device=device)  # 4 bytes each
    size = 4096 if device == "cuda" else 256
    a = torch.randn(size, size, device=device)
    end = time.monotonic() + params["seconds"]
    epoch = 0
    while time.monotonic() < end:
        for _ in range(20):
            a = torch.nn.functional.normalize(a @ a)
        if device == "cuda":
            torch.cuda.synchronize()
        epoch += 1
        context.report(epoch, accuracy=0.5)
    if device == "cuda":
        context.note(
            torch_peak_mib=torch.cuda.max_memory_allocated() / 2**20,
            seen=torch.cuda.device_count(),
        )
    return {"accuracy": float(kept.min().item() == 1)}
"""


class Check:
    """Counts what holds and what does not."""

    def __init__(self) -> None:
        self.failures = 0

    def __call__(self, holds: bool, text: str) -> None:
        self.failures += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {text}", flush=True)


class Leases(Silent):
    """Watches a study for a device that two trials hold at once."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__()
        self.ids = set(ids)
        self.ended = self.together = 0
        self.used: set[str] = set()
        self.wrong: list[str] = []

    def finished(self, record, state: StudyState) -> None:
        self.ended += 1

    def tick(self, state: StudyState) -> None:
        held = Counter(device for trial in state.running for device in trial.devices)
        self.used |= set(held)
        self.together = max(self.together, len(state.running))
        if set(held) - self.ids or max(held.values(), default=0) > 1:
            self.wrong.append(str(dict(held)))


def check_study(check: Check, devices: Sequence[Device], folder: Path, trials: int) -> None:
    """A whole study of the PyTorch example: what its storage says when it is over."""
    changes = ["sampler.name=cost_aware", "sampler.seed=0", f"budget.trials={trials}"]
    spec = StudySpec.load(str(EXAMPLES / "torch_study.toml"), changes)
    spec = replace(spec, name=NAME, baselines=(BASELINE,))
    url = f"sqlite:///{folder / 'studies.db'}"
    leases = Leases([device.id for device in devices])
    print(f"\nA study of {trials} trials by {spec.sampler.name}")
    summary = run_study(spec, storage_url=url, observer=leases)
    study = load_study(NAME, url)
    for record in study.records:
        accuracy = record.metrics.get("accuracy", float("nan"))
        error = record.error or ""
        print(
            f"     trial {record.number}: {record.status}, accuracy {accuracy:.3f}, "
            f"{record.cost} {error}"
        )
    statuses = Counter(str(record.status) for record in study.records)
    check(
        len(study.records) == leases.ended == trials,
        f"trials: {len(study.records)} stored, {leases.ended} seen to end, {trials} asked for",
    )
    expected = {str(Status.COMPLETED), str(Status.DIVERGED)}
    check(
        set(statuses) <= expected and statuses[str(Status.COMPLETED)] > 0,
        f"how they ended: {dict(statuses)}, of {sorted(expected)}",
    )
    check(study.device_kind == devices[0].kind, f"the study's devices: {study.device_kind}")
    best = max((record.metrics.get("accuracy", 0.0) for record in study.front), default=0.0)
    check(best > 0.9, f"the front has {len(study.front)} trials; best accuracy {best:.3f} > 0.9")
    completed = [record for record in study.records if record.status is Status.COMPLETED]
    for record in completed:
        cost, needed = record.cost, record.metrics["parameters"] * TRAINED_BYTES / 2**20
        count = record.params["gpu_count"]
        check(
            0 < cost.gpu_seconds <= count * cost.wall_seconds + 1e-6,
            f"trial {record.number}: {cost.gpu_seconds:.3f} GPU-seconds, at most {count} x "
            f"{cost.wall_seconds:.3f} s",
        )
        check(
            (cost.peak_memory_mib or 0.0) >= needed,
            f"trial {record.number}: peak {cost.peak_memory_mib} MiB, at least the {needed:.1f} "
            f"MiB of its {record.metrics['parameters']:.0f} parameters in training",
        )
    spent = sum(record.spent.gpu_seconds for record in study.records)
    room = len(devices) * summary.state.wall_seconds
    check(0 < spent <= room, f"all trials paid {spent:.2f} GPU-seconds; there were {room:.2f}")
    told = summary.state.spent_gpu_seconds
    check(abs(told - spent) < 1e-6, f"the loop's own account: {told:.2f} against {spent:.2f}")
    check(
        not leases.wrong,
        f"leases: {len(leases.used)} of {len(devices)} devices used, at most {leases.together} "
        f"trials together; held twice or unknown: {leases.wrong or 'none'}",
    )
    predicted = [record for record in study.records if record.prediction is not None]
    check(len(predicted) == trials, f"{len(predicted)} of {trials} trials had a prediction")
    check(not processes(), f"processes left behind: {processes() or 'none'}")
    check_nvml(check, "the study", Measurement.total(r.spent for r in study.records))


def check_nvml(check: Check, what: str, paid: Measurement) -> None:
    """What only a GPU tells: energy and busy seconds, where this one tells them at all."""
    if paid.energy_j is None:
        print(f"--   {what}: energy is not told here")
    else:
        power = paid.energy_j / max(paid.gpu_seconds, 1e-9)
        check(
            POWER_W[0] <= power <= POWER_W[1],
            f"{what}: {paid.energy_j:.0f} J in {paid.gpu_seconds:.2f} GPU-seconds are {power:.0f} "
            f"W, of {POWER_W[0]} to {POWER_W[1]}",
        )
    busy = paid.gpu_busy_seconds
    if busy is None:
        print(f"--   {what}: busy seconds are not told here")
    else:
        check(
            0 < busy <= paid.gpu_seconds * 1.1,
            f"{what}: busy {busy:.2f} s, at most the {paid.gpu_seconds:.2f} leased (and a tenth)",
        )


class Loads:
    """Trials of a known load, one after the other, through the executor."""

    def __init__(self, devices: Sequence[Device], folder: Path) -> None:
        self.folder = folder
        (folder / "gpu_load.py").write_text(LOAD)
        self.executor = LocalExecutor(devices, "gpu_load:train", str(folder), folder / "worker.log")
        self.count = 0

    def run(
        self,
        mib: int,
        seconds: float,
        limits: Limits | None = None,
        once: Callable[[int], Any] | None = None,
    ) -> Outcome:
        """`once` is called with the trial's process id, after its first report."""
        self.count += 1
        self.executor.start(
            Job(
                number=self.count,
                trainable="gpu_load:train",
                params={"mib": mib, "seconds": seconds},
                directory=str(self.folder / f"load-{self.count}"),
                seed=0,
                limits=limits or Limits(),
                search_path=str(self.folder),
            ),
            1,
        )
        while True:
            for event in self.executor.poll(0.1):
                if isinstance(event, Finished):
                    return event.outcome
                if once is not None and isinstance(event, Progress) and event.reports:
                    once(self.executor._runs[self.count].pid)
                    once = None


def check_loads(check: Check, devices: Sequence[Device], folder: Path) -> None:
    """Known loads: one that ends well, one that crashes, one over a limit, one too large."""
    on_gpu = devices[0].kind != CPU_KIND
    seconds, mib = (5.0, 2048) if on_gpu else (1.0, 256)
    before = used_mib(devices[0]) if on_gpu else 0.0
    print(f"\nLoads of {mib} MiB and {seconds:g} s, and others that go wrong")
    loads = Loads(devices, folder)
    outcome = loads.run(mib, seconds)
    cost = outcome.cost
    print(f"     {cost}")
    check(outcome.status is Status.COMPLETED, f"load: {outcome.status} {outcome.error or ''}")
    wall = cost.wall_seconds
    check(seconds <= wall < seconds + 15, f"load: {wall:.2f} s for a load of {seconds:g} s")
    # On CPU cores what strangers took is not billed, so that only a GPU's bill is the whole time.
    least = wall if on_gpu else min(cost.cpu_seconds or 0.0, wall)
    check(
        0 < least - 1e-6 <= cost.gpu_seconds <= wall + 1e-6,
        f"load: {cost.gpu_seconds:.2f} GPU-seconds, of {least:.2f} to {wall:.2f}",
    )
    peak = cost.peak_memory_mib or 0.0
    if on_gpu:
        own = outcome.notes.get("torch_peak_mib", 0.0)
        check(abs(peak - own) <= 0.02 * own, f"load: peak {peak} MiB, PyTorch's own {own:.0f} MiB")
        seen = outcome.notes.get("seen")
        check(seen == 1, f"load: sees {seen} device, has leased 1 of {len(devices)}")
        check_nvml(check, "load", cost)
    check(mib <= peak <= 1.3 * mib + 128, f"load: peak {peak:.0f} MiB for one of {mib} MiB")
    outcome = loads.run(mib // 2, 600.0, once=lambda pid: os.kill(pid, signal.SIGSEGV))
    check(outcome.status is Status.FAILED, f"crash: {outcome.status}: {outcome.error}")
    paid = outcome.spent
    check(paid.gpu_seconds > 0, f"crash: billed {paid.gpu_seconds:.2f} GPU-seconds")
    # Of one that was killed only the driver's meter tells: NVML's on a GPU, its context included.
    killed, limit = mib // 4, seconds + 1
    outcome = loads.run(killed, 600.0, Limits(gpu_seconds=limit))
    check(outcome.status is Status.OVER_BUDGET, f"limit: {outcome.status}: {outcome.error}")
    # The trial's own process ends it at its deadline, whose last moments may turn out unbilled.
    billed = outcome.spent.gpu_seconds
    check(
        limit - 0.05 <= billed <= limit + 0.5,
        f"limit: billed {billed:.3f} GPU-seconds, ended at {limit:g}",
    )
    seen = outcome.spent.peak_memory_mib if on_gpu else outcome.spent.host_memory_mib
    check((seen or 0.0) >= killed, f"limit: peak {seen} MiB, at least its {killed} MiB")
    # A core's memory is the machine's, which a test had better not fill: a limit stands for it.
    if on_gpu:
        outcome = loads.run(10**6, 1.0)
    else:
        outcome = loads.run(1024, 600.0, Limits(host_memory_mib=384))
    check(outcome.status is Status.OUT_OF_MEMORY, f"too large: {outcome.status}: {outcome.error}")
    free = loads.executor.free
    check(free == len(devices), f"leases returned: {free} of {len(devices)} devices are free")
    loads.executor.close()
    check(not processes(), f"processes left behind: {processes() or 'none'}")
    if on_gpu:
        deadline = time.monotonic() + 20
        while used_mib(devices[0]) > before + 64 and time.monotonic() < deadline:
            time.sleep(0.2)
        now = used_mib(devices[0])
        check(now <= before + 64, f"the device holds {now:.0f} MiB, before {before:.0f} MiB")


def used_mib(device: Device) -> float:
    """What is taken of a GPU's memory now, by whomever."""
    used = nvml_meter.NvmlMeter([device.id], lambda: ()).idle_mib[0]
    if used is None:
        raise SystemExit(f"NVML does not tell the memory of {device.id}")
    return used


def processes() -> list[str]:
    """Our children that still run."""
    children = psutil.Process().children(recursive=True)
    return [f"{c.pid} {c.name()}" for c in children if c.status() != psutil.STATUS_ZOMBIE]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--cpu", action="store_true", help="the same on this machine's CPU cores")
    options = parser.parse_args()
    if options.cpu:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    devices = discover()
    if devices[0].kind == CPU_KIND and not options.cpu:
        print("no GPU here")
        return
    if importlib.util.find_spec("torch") is None:
        raise SystemExit("PyTorch is not here: install torch to run this check")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    check = Check()
    size = devices[0].memory_mib
    print(f"{len(devices)} x {devices[0].kind}{'' if size is None else f', {size:.0f} MiB'}")
    with tempfile.TemporaryDirectory() as name:
        check_study(check, devices, Path(name), options.trials)
        check_loads(check, devices, Path(name))
    print("\nall is well" if not check.failures else f"\n{check.failures} checks failed")
    sys.exit(bool(check.failures))


if __name__ == "__main__":
    main()
