"""The driver's meter: what it reads where, on CPU cores and on GPUs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fake_nvml import FakeNvml
from paretune.measure import nvml_meter
from paretune.measure.devices import CPU_KIND, cpu_cores
from paretune.measure.lease_meter import LeaseMeter, lease_snapshot


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> FakeNvml:
    """A library with two GPUs, on the first of which this process has 300 MiB."""
    library = FakeNvml({"GPU-a": {os.getpid(): 300.0}})
    monkeypatch.setattr(nvml_meter, "load_nvml", lambda: library)
    return library


def test_a_lease_of_cores_tells_of_strangers_and_of_no_gpu() -> None:
    """On CPU cores others' time counts; energy and busy time are unknown, not zero."""
    core = cpu_cores()[0].id
    before = lease_snapshot([core], CPU_KIND)
    assert before.cpu_seconds == 0.0
    assert (before.energy_j, before.busy_seconds) == (None, None)
    after = LeaseMeter([core], CPU_KIND, os.getpid()).snapshot()
    assert before.foreign_seconds is not None
    assert after.foreign_seconds is not None
    assert after.seconds >= before.seconds


def test_a_lease_of_gpus_has_both_sides_in_one_snapshot(nvml: FakeNvml) -> None:
    """Energy, busy time and device memory are the GPU's; time and host memory the process's."""
    before = lease_snapshot(["GPU-a"], "NVIDIA H200")
    meter = LeaseMeter(["GPU-a"], "NVIDIA H200", os.getpid())
    nvml.millijoules += 5_000
    after = meter.snapshot()
    assert after.energy_j - before.energy_j == pytest.approx(5.0)
    assert (before.busy_seconds, before.foreign_seconds) == (0.0, None)
    assert after.device_peaks_mib == (300.0,)
    assert after.cpu_seconds > 0
    assert after.host_peak_mib is not None


def test_a_new_peak_begins_with_a_phase(nvml: FakeNvml) -> None:
    """After a reset the peak is what is held now, not what was held before."""
    meter = LeaseMeter(["GPU-a"], "NVIDIA H200", os.getpid())
    meter.snapshot()
    nvml.processes["GPU-a"] = {os.getpid(): 100.0}
    meter.reset_peaks()
    assert meter.snapshot().device_peaks_mib == (100.0,)


def test_a_process_that_is_gone_has_no_times() -> None:
    """Nothing is made up for it."""
    nobody = int(Path("/proc/sys/kernel/pid_max").read_text()) + 1
    assert LeaseMeter([cpu_cores()[0].id], CPU_KIND, nobody).snapshot().cpu_seconds is None
