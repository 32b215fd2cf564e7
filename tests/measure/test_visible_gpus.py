"""CUDA_VISIBLE_DEVICES is read as CUDA reads it, and never silently as something else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.errors import DeviceError
from paretune.measure.devices import Device
from paretune.measure.gpu_cards import Card
from paretune.measure.visible_gpus import hides_every_gpu, visible_gpus

H200 = "NVIDIA H200"


def card(letter, kind=H200, instances=()):
    parts = [Device(f"MIG-{name}", f"{kind} MIG 1g") for name in instances]
    uuid = f"GPU-{letter}"
    return Card(uuid, kind, tuple(parts) or (Device(uuid, kind),))


CARDS = [card(letter) for letter in ("a1", "a2", "b")]
SPLIT = [card("a", instances=["1", "2", "3"]), card("b")]
MIXED = [card("a", "NVIDIA L4"), card("b")]


def names(cards, restriction, **more):
    environment = {} if restriction is None else {"CUDA_VISIBLE_DEVICES": restriction}
    return [gpu.id for gpu in visible_gpus(cards, {**environment, **more})]


@pytest.mark.parametrize(
    ("restriction", "expected"),
    [
        (None, ["GPU-a1", "GPU-a2", "GPU-b"]),
        ("", []),
        ("-1", []),
        ("void", []),
        ("NoDevFiles", []),
        ("2,0", ["GPU-b", "GPU-a1"]),
        ("GPU-b", ["GPU-b"]),
        ("0,7,1", ["GPU-a1"]),  # CUDA stops at the first that is not there
        ("0,-1,1", ["GPU-a1"]),
        ("0,0", ["GPU-a1"]),
        ("GPU-b,GPU-a", ["GPU-b"]),
    ],
)
def test_as_cuda_reads_it(restriction, expected):
    """Indices and UUID prefixes, in their order, to the first that is none."""
    assert names(CARDS, restriction) == expected


@pytest.mark.parametrize(
    ("restriction", "expected"),
    [
        (None, ["MIG-1", "MIG-2", "MIG-3", "GPU-b"]),
        ("1", ["GPU-b"]),
        ("0", ["MIG-1"]),
        ("GPU-a", ["MIG-1"]),
        ("MIG-2", ["MIG-2"]),
        ("MIG-3,GPU-b", ["MIG-3", "GPU-b"]),
    ],
)
def test_indices_count_cards(restriction, expected):
    """A split card beside it moves no other's index; its own means its first instance."""
    assert names(SPLIT, restriction) == expected


@pytest.mark.parametrize(
    ("restriction", "reason"),
    [
        ("GPU-a", "GPU-a names 2 GPUs of this machine"),
        ("GPU-x", "GPU-x names no GPU of this machine"),
        ("7", "7 names no GPU of this machine"),
    ],
)
def test_what_names_none_is_no_wish_for_cpu_cores(restriction, reason):
    """An ambiguous prefix or a GPU that is not there is told, with those that are there."""
    with pytest.raises(DeviceError, match=reason) as caught:
        names(CARDS, restriction)
    assert "GPU-a1, GPU-a2, GPU-b" in str(caught.value)


def test_fastest_first_is_not_guessed():
    """Where cards differ, an index means nothing without CUDA, unless the order is NVML's."""
    with pytest.raises(DeviceError, match="CUDA_DEVICE_ORDER=PCI_BUS_ID") as caught:
        names(MIXED, "0")
    assert "NVIDIA L4 and NVIDIA H200" in str(caught.value)
    assert names(MIXED, "0", CUDA_DEVICE_ORDER="PCI_BUS_ID") == ["GPU-a"]
    assert names(MIXED, "GPU-b") == ["GPU-b"]
    assert names(MIXED, None) == ["GPU-a", "GPU-b"]


@given(st.text(max_size=12))
def test_odd_values_hide_or_name_or_are_told(restriction):
    """Any text at all: some of the GPUs, none of them, or a DeviceError."""
    try:
        found = names(CARDS, restriction)
    except DeviceError:
        return
    assert found or hides_every_gpu({"CUDA_VISIBLE_DEVICES": restriction})
