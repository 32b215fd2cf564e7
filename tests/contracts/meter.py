"""What every meter must do. Subclass it and give the `meter` fixture: one that is running."""

from paretune.measure import Measurement


class MeterContract:
    """Tests of the Meter protocol (paretune.measure)."""

    def test_time_does_not_run_back(self, meter):
        """Snapshots follow each other."""
        first, second = meter.snapshot(), meter.snapshot()
        assert second.seconds >= first.seconds

    def test_running_counters_do_not_run_back(self, meter):
        """CPU time, busy time and energy only grow; what is unknown stays unknown."""
        first, second = meter.snapshot(), meter.snapshot()
        for name in ("cpu_seconds", "busy_seconds", "energy_j"):
            before, after = getattr(first, name), getattr(second, name)
            assert (before is None) == (after is None)
            assert before is None or after >= before

    def test_peaks_are_per_device_and_never_negative(self, meter):
        """A peak is a number of MiB for each device, or not known at all."""
        peaks = meter.snapshot().device_peaks_mib
        assert peaks is None or all(peak >= 0 for peak in peaks)

    def test_peaks_can_be_begun_anew(self, meter):
        """After a reset a peak is no higher than it was before."""
        before = meter.snapshot().host_peak_mib
        meter.reset_peaks()
        after = meter.snapshot().host_peak_mib
        assert before is None or after is None or after <= before + 1.0

    def test_two_snapshots_make_a_measurement(self, meter):
        """Their difference is a cost: never negative, unknown where a counter is unknown."""
        first, second = meter.snapshot(), meter.snapshot()
        cost = Measurement.between(first, second, 1)
        assert cost.gpu_seconds >= 0
        assert (cost.cpu_seconds is None) == (first.cpu_seconds is None)
        assert (cost.energy_j is None) == (first.energy_j is None)
