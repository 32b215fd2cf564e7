"""NVML arithmetic against a stand-in that answers like the library does."""

from types import SimpleNamespace

import pytest
from paretune.errors import DeviceError
from paretune.measure.devices import Device, choose, cpu_cores, largest_lease, visible_gpus
from paretune.measure.nvml_meter import NvmlMeter

MIB = 2**20


class NVMLError(Exception):
    pass


class FakeNvml:
    """Two GPUs; `processes` maps a uuid to {pid: MiB}, None where the driver hides memory."""

    NVMLError = NVMLError

    def __init__(self, processes=None, energy=True, utilisation=50):
        self.processes = processes or {}
        self.used = {"GPU-a": 400.0, "GPU-b": 400.0}
        self.millijoules = 1_000_000 if energy else None
        self.utilisation = utilisation

    def nvmlDeviceGetHandleByUUID(self, uuid):
        return uuid

    def nvmlDeviceGetUtilizationRates(self, handle):
        if self.utilisation is None:
            raise NVMLError
        return SimpleNamespace(gpu=self.utilisation)

    def nvmlDeviceGetComputeRunningProcesses(self, handle):
        return [
            SimpleNamespace(pid=pid, usedGpuMemory=None if mib is None else mib * MIB)
            for pid, mib in self.processes.get(handle, {}).items()
        ]

    def nvmlDeviceGetMemoryInfo(self, handle):
        return SimpleNamespace(used=self.used[handle] * MIB)

    def nvmlDeviceGetTotalEnergyConsumption(self, handle):
        if self.millijoules is None:
            raise NVMLError
        return self.millijoules


def test_own_processes_peak():
    """Memory of the trial's own processes is summed; others on the device are not counted."""
    nvml = FakeNvml({"GPU-a": {7: 1000.0, 8: 200.0, 99: 5000.0}})
    meter = NvmlMeter(["GPU-a"], lambda: [7, 8], nvml)
    assert meter.snapshot().device_peaks_mib == (1200.0,)
    nvml.processes["GPU-a"] = {7: 300.0}
    assert meter.snapshot().device_peaks_mib == (1200.0,)  # a peak
    meter.reset_peaks()
    assert meter.snapshot().device_peaks_mib == (300.0,)


def test_container_uses_the_devices_delta():
    """Where NVML names the host's pids nobody finds himself: the device's own growth is taken."""
    nvml = FakeNvml({"GPU-a": {40_000: 900.0}})
    meter = NvmlMeter(["GPU-a"], lambda: [7], nvml)
    nvml.used["GPU-a"] = 1400.0
    assert meter.snapshot().device_peaks_mib == (1000.0,)


def test_energy_and_busy_time():
    """Energy is the sum of the counters in joules; busy time grows with utilisation."""
    nvml = FakeNvml()
    meter = NvmlMeter(["GPU-a", "GPU-b"], lambda: [7], nvml)
    first = meter.snapshot()
    nvml.millijoules += 5_000
    second = meter.snapshot()
    assert second.energy_j - first.energy_j == pytest.approx(10.0)
    elapsed = second.seconds - first.seconds
    assert second.busy_seconds - first.busy_seconds == pytest.approx(elapsed)  # 2 x 50 %


def test_mig_tells_neither():
    """What a device does not tell is None, never zero."""
    meter = NvmlMeter(["GPU-a"], lambda: [7], FakeNvml(energy=False, utilisation=None))
    snapshot = meter.snapshot()
    assert snapshot.energy_j is None
    assert snapshot.busy_seconds is None


GPUS = [Device(f"GPU-{letter}", "NVIDIA H200", 1000.0) for letter in "abc"]


@pytest.mark.parametrize(
    ("restriction", "expected"),
    [
        (None, "abc"),
        ("", ""),
        ("-1", ""),
        ("2,0", "ca"),
        ("GPU-b", "b"),
        ("0,7,1", "a"),  # CUDA stops at the first that is not there
        ("0,0", "a"),
    ],
)
def test_visible_gpus(restriction, expected):
    """CUDA_VISIBLE_DEVICES is read as CUDA reads it."""
    assert [gpu.id for gpu in visible_gpus(GPUS, restriction)] == [f"GPU-{x}" for x in expected]


def test_mig_instance_by_uuid():
    """A MIG instance is a device of its own, named by its UUID."""
    parts = [Device("MIG-1", "NVIDIA H200 MIG 1g"), Device("MIG-2", "NVIDIA H200 MIG 1g")]
    assert visible_gpus(parts, "MIG-2") == (parts[1],)


def test_choose():
    """A count takes the first, positions take these, and what is not there is refused."""
    assert choose(GPUS, "2") == tuple(GPUS[:2])
    assert choose(GPUS, "2,0") == (GPUS[2], GPUS[0])
    assert choose(GPUS, None) == tuple(GPUS)
    for bad in ("4", "0,3", "x", "1,1", "0"):
        with pytest.raises(DeviceError, match=f"--devices {bad}"):
            choose(GPUS, bad)


def test_devices_of_several_kinds_are_not_mixed():
    """Their costs do not compare: the kinds are named, and one of them can be chosen."""
    mixed = [*GPUS, Device("GPU-z", "NVIDIA L4")]
    with pytest.raises(DeviceError, match=f"{len(GPUS)} is NVIDIA L4") as caught:
        choose(mixed, None)
    assert "--devices" in str(caught.value)
    assert choose(mixed, "2") == tuple(GPUS[:2])


def test_a_trial_has_one_mig_instance():
    """CUDA shows a process one of them, however many it is given."""
    assert largest_lease([Device("MIG-1", "MIG 1g"), Device("MIG-2", "MIG 1g")]) == 1
    assert largest_lease(GPUS) == len(GPUS)


def test_quota_limits_the_cores(tmp_path):
    """A container's CPU quota pays for fewer cores than the mask shows."""
    quota = tmp_path / "cpu.max"
    quota.write_text("100000 100000\n")
    assert len(cpu_cores(quota)) == 1
    quota.write_text("max 100000\n")
    assert len(cpu_cores(quota)) >= 1
