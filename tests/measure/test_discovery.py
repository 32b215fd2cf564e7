"""GPUs if there are any that may be used, else CPU cores."""

import pytest
from fake_nvml import FakeCards
from paretune.errors import DeviceError
from paretune.measure import discovery, gpu_cards
from paretune.measure.devices import CPU_KIND
from paretune.measure.discovery import discover


@pytest.fixture
def nvml(monkeypatch):
    fake = FakeCards({"GPU-a": ("NVIDIA H200", []), "GPU-b": ("NVIDIA H200", [])}, lost=["GPU-a"])
    monkeypatch.setattr(gpu_cards, "load_nvml", lambda: fake)
    return fake


def test_lost_card_hides_no_other(nvml):
    """What answers is there."""
    assert [device.id for device in discover({})] == ["GPU-b"]


@pytest.mark.parametrize("hidden", ["", "-1"])
def test_hidden_gpus_are_not_asked(nvml, hidden):
    """Who has hidden every GPU gets the cores, whatever state the cards are in."""
    assert {device.kind for device in discover({"CUDA_VISIBLE_DEVICES": hidden})} == {CPU_KIND}
    assert nvml.asked == 0


def test_unknown_gpu_is_told(nvml):
    """Cores are no substitute for a GPU that was asked for."""
    with pytest.raises(DeviceError, match="GPU-c names no GPU"):
        discover({"CUDA_VISIBLE_DEVICES": "GPU-c"})


def test_machine_without_gpus_has_cores(monkeypatch):
    """Whatever the variable says there."""
    monkeypatch.setattr(discovery, "list_cards", lambda: ())
    assert discover({"CUDA_VISIBLE_DEVICES": "0"})[0].kind == CPU_KIND
