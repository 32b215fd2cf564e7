"""The worker's meter: of this very process, on cores or on GPUs."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_nvml import FakeNvml
from paretune.measure import nvml_meter
from paretune.measure.devices import Device, cpu_cores
from paretune.trial.job import Assignment, Job
from paretune.worker import worker_meter
from paretune.worker.worker_meter import WorkerMeter


def assigned(folder: Path, device: Device) -> Assignment:
    return Job(number=0, trainable="t", params={}, directory=str(folder), seed=0).on([device])


def test_on_cores_the_memory_is_the_processs_own(tmp_path: Path) -> None:
    """The peak rises with what the process takes, and a reset begins it anew."""
    meter = WorkerMeter(assigned(tmp_path, cpu_cores()[0]))
    block = bytearray(64 * 2**20)
    block[::4096] = b"x" * len(block[::4096])
    held = meter.snapshot()
    assert held.device_peaks_mib is not None
    assert held.device_peaks_mib[0] > 50
    assert held.energy_j is None
    del block
    meter.reset_peaks()
    after = meter.snapshot().device_peaks_mib
    assert after is not None
    assert after[0] < held.device_peaks_mib[0]


def test_on_a_gpu_memory_is_the_allocators_and_energy_the_cards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Times are the process's; the allocator's peak begins anew with a phase."""
    nvml, resets = FakeNvml(), []
    monkeypatch.setattr(nvml_meter, "load_nvml", lambda: nvml)
    monkeypatch.setattr(worker_meter, "allocator_peaks_mib", lambda devices: (70.0,) * devices)
    monkeypatch.setattr(worker_meter, "reset_allocator_peaks", lambda: resets.append(1))
    meter = WorkerMeter(assigned(tmp_path, Device("GPU-a", "NVIDIA H200")))
    first = meter.snapshot()
    nvml.millijoules += 2_000
    second = meter.snapshot()
    assert second.device_peaks_mib == (70.0,)
    assert second.energy_j - first.energy_j == pytest.approx(2.0)
    assert second.cpu_seconds >= first.cpu_seconds > 0
    meter.reset_peaks()
    assert resets == [1]
