"""Cards as NVML shows them: split ones, lost ones, and no library at all."""

import pytest
from fake_nvml import FakeCards, NVMLError
from paretune.measure.gpu_cards import list_cards

H200 = "NVIDIA H200"


def test_split_card_has_its_instances():
    """A card that is split is leased by its MIG instances; empty slots are passed over."""
    split, whole = list_cards(FakeCards({"GPU-a": (H200, ["MIG-1", "MIG-2"]), "GPU-b": (H200, [])}))
    assert [part.id for part in split.parts] == ["MIG-1", "MIG-2"]
    assert split.is_split
    assert split.parts[0].kind == f"{H200} MIG 1g"
    assert [part.id for part in whole.parts] == ["GPU-b"]
    assert whole.parts[0].memory_mib == 1000.0


def test_lost_card_is_left_out(caplog):
    """One card that does not answer costs only itself, and is named."""
    nvml = FakeCards({f"GPU-{letter}": (H200, []) for letter in "abc"}, lost=["GPU-b"])
    assert [card.uuid for card in list_cards(nvml)] == ["GPU-a", "GPU-c"]
    assert "GPU 1 does not answer" in caplog.text


@pytest.mark.parametrize("question", ["nvmlDeviceGetName", "nvmlDeviceGetUUID"])
def test_handle_that_raises_is_left_out(question):
    """It may be lost between two questions as well."""
    nvml = FakeCards({"GPU-a": (H200, [])})

    def raises(handle):
        raise NVMLError("GPU is lost")

    setattr(nvml, question, raises)
    assert list_cards(nvml) == ()


def test_count_that_raises_is_no_card():
    """A driver that does not answer shows no GPU."""
    nvml = FakeCards({"GPU-a": (H200, [])})

    def raises():
        raise NVMLError("driver not loaded")

    nvml.nvmlDeviceGetCount = raises  # type: ignore[method-assign]
    assert list_cards(nvml) == ()
