"""The allocators' peaks, asked of stand-ins for the frameworks."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
from paretune.measure.allocator_peaks import allocator_peaks_mib, reset_allocator_peaks

MIB = 2**20


class Torch:
    """PyTorch's `torch.cuda` of two GPUs."""

    def __init__(self, *, initialized: bool = True) -> None:
        self.cuda = self
        self.initialized = initialized
        self.peaks = [100 * MIB, 200 * MIB]

    def is_available(self) -> bool:
        return True

    def is_initialized(self) -> bool:
        return self.initialized

    def device_count(self) -> int:
        return len(self.peaks)

    def max_memory_allocated(self, index: int) -> int:
        return self.peaks[index]

    def reset_peak_memory_stats(self, index: int) -> None:
        self.peaks[index] = 0


class TensorFlow:
    """TensorFlow's `config` of one GPU."""

    def __init__(self) -> None:
        self.config = self.experimental = self
        self.peaks = {"GPU:0": 64 * MIB}

    def list_logical_devices(self, kind: str) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="/device:GPU:0")]

    def get_memory_info(self, name: str) -> dict[str, int]:
        return {"peak": self.peaks[name]}

    def reset_memory_stats(self, name: str) -> None:
        self.peaks[name] = 0


@pytest.fixture(autouse=True)
def no_framework(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a worker that has imported none."""
    for name in ("torch", "tensorflow", "tensorflow.python.eager.context"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_no_framework_is_imported_to_be_asked() -> None:
    """Where a trial has imported none, the peaks are unknown."""
    assert allocator_peaks_mib(1) is None
    reset_allocator_peaks()
    assert "torch" not in sys.modules
    assert "tensorflow" not in sys.modules


def test_torch_tells_the_peaks_of_the_leased_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """In MiB, one a GPU; a reset begins them anew."""
    monkeypatch.setitem(sys.modules, "torch", Torch())  # type: ignore[arg-type]
    assert allocator_peaks_mib(2) == (100.0, 200.0)
    assert allocator_peaks_mib(1) == (100.0,)
    reset_allocator_peaks()
    assert allocator_peaks_mib(2) == (0.0, 0.0)


@pytest.mark.parametrize("touched", [True, False])
def test_a_framework_is_never_initialised_by_the_question(
    monkeypatch: pytest.MonkeyPatch, touched: bool
) -> None:
    """One that was imported and not used has no peak yet, and is left as it is."""
    context = SimpleNamespace(context=lambda: SimpleNamespace(_initialized=touched))
    monkeypatch.setitem(sys.modules, "torch", Torch(initialized=False))  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "tensorflow", TensorFlow())  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "tensorflow.python.eager.context", context)  # type: ignore[arg-type]
    assert allocator_peaks_mib(1) == ((64.0,) if touched else None)
    reset_allocator_peaks()
    assert allocator_peaks_mib(1) == ((0.0,) if touched else None)
