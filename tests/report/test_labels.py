"""Names, units and numbers as people read them."""

from __future__ import annotations

import pytest
from paretune.report.labels import axis_label


@pytest.mark.parametrize(
    ("figure", "kind", "label"),
    [
        ("accuracy", "cpu-core", "accuracy"),
        ("gpu_seconds", "cpu-core", "core-seconds"),
        ("gpu_seconds", "NVIDIA H100", "GPU-seconds (NVIDIA H100)"),
        ("peak_memory_mib", "cpu-core", "peak memory (MiB)"),
        ("model_kib_compressed", "cpu-core", "model compressed (KiB)"),
        ("wall_seconds", "cpu-core", "wall time (s)"),
        ("latency_ms", "cpu-core", "latency (ms)"),
        ("kib", "cpu-core", "KiB"),
    ],
)
def test_axis_labels_carry_units(figure: str, kind: str, label: str) -> None:
    """The unit is in brackets, and device-seconds say of which device."""
    assert axis_label(figure, kind) == label
