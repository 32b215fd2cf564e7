"""How busy the devices were, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from paretune.measure import OVERHEAD_PHASES
from paretune.money.device_use import DeviceUse
from paretune.money.ledger import LOST, Ledger
from paretune.report.device_waste import busy_sentence, waste_sentence
from paretune.spec.prices import Prices


def ledger_of(use: Mapping[str, DeviceUse], kind: str) -> Ledger:
    """A ledger of phases that were so busy."""
    paid = sum(one.gpu_seconds for one in use.values())
    return replace(Ledger.of([], kind, Prices()), gpu_seconds=paid, use_by_phase=use)


def test_how_busy() -> None:
    """Of the device that there was; nothing where it is not known."""
    assert busy_sentence(DeviceUse(10.0, 7.1), "NVIDIA H200") == (
        "the GPU was busy for 71 % of what was paid"
    )
    assert busy_sentence(DeviceUse(10.0, 7.1), "cpu-core") == (
        "the cores were busy for 71 % of what was paid"
    )
    assert busy_sentence(None, "cpu-core") is None


def test_where_it_went() -> None:
    """The phase, how much of it was idle, why, and what helps."""
    use = {"start": DeviceUse(4.0, 0.2), "train": DeviceUse(8.0, 7.6)}
    told = waste_sentence(ledger_of(use, "NVIDIA H200"))
    assert told is not None
    assert told.startswith("largest waste: 3.800 idle gpu_seconds of start, which is busy for 5 %:")
    assert "warm_up" in told
    assert waste_sentence(ledger_of({"train": DeviceUse(8.0, 7.9)}, "NVIDIA H200")) is None


@pytest.mark.parametrize("kind", ["cpu-core", "NVIDIA H200"])
@pytest.mark.parametrize("phase", [*sorted(OVERHEAD_PHASES), LOST, "quantize", "mine"])
def test_every_phase_has_a_cure(phase: str, kind: str) -> None:
    """A user's own stage, too; on cores nobody is told to give back a GPU."""
    told = waste_sentence(ledger_of({phase: DeviceUse(8.0, 1.0)}, kind))
    assert told is not None
    reason, cure = told.split(": ")[-2:]
    assert reason
    assert cure
