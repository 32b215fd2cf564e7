"""Trials of a known load: what they are billed, what they hold, and what a killed one leaves."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from paretune.execute import Finished, Progress
from paretune.execute.local_executor import LocalExecutor
from paretune.measure import nvml_meter
from paretune.measure.devices import CPU_KIND, Device
from paretune.trial.job import Job, Limits
from paretune.trial.outcome import Outcome, Status

from gpu_checks.tally import Check, check_nvml, processes

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
