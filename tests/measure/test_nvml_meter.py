"""NVML arithmetic against a stand-in that answers like the library does."""

import pytest
from fake_nvml import FakeNvml, NVMLError
from paretune.measure.nvml_meter import NvmlMeter


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


def test_lost_card_tells_nothing():
    """A card that is lost while it is leased makes everything unknown, and raises nothing."""
    nvml = FakeNvml()

    def lost(uuid):
        raise NVMLError("GPU is lost")

    nvml.nvmlDeviceGetHandleByUUID = lost  # type: ignore[method-assign]
    meter = NvmlMeter(["GPU-a"], lambda: [7], nvml)
    snapshot = meter.snapshot()
    assert snapshot.seconds > 0
    assert (snapshot.energy_j, snapshot.busy_seconds, snapshot.device_peaks_mib) == (None,) * 3
