"""This machine's cards as NVML shows them, in PCI order; a card that is split has several parts."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from paretune.measure.devices import Device
from paretune.measure.nvml_library import ask, load_nvml

log = logging.getLogger(__name__)

_MIB = 2**20


@dataclass(frozen=True)
class Card:
    """A physical GPU, and what of it can be leased."""

    uuid: str
    kind: str  # its product name
    parts: tuple[Device, ...]  # itself, or its MIG instances

    @property
    def is_split(self) -> bool:
        return self.parts[0].id != self.uuid


def list_cards(nvml: Any = None) -> tuple[Card, ...]:
    """Every card that answers; () without NVML. One that does not (it fell off the bus) is left
    out, as CUDA leaves it out.
    """
    nvml = load_nvml() if nvml is None else nvml
    if nvml is None:
        return ()
    cards = []
    count = ask(nvml, lambda _: nvml.nvmlDeviceGetCount(), nvml) or 0
    for index in range(count):
        handle = ask(nvml, nvml.nvmlDeviceGetHandleByIndex, index)
        whole = _device(nvml, handle)
        if whole is None:
            log.warning("GPU %d does not answer (nvidia-smi may tell why); it is left out", index)
            continue
        instances = [_device(nvml, part) for part in _mig_instances(nvml, handle)]
        parts = tuple(part for part in instances if part is not None)
        cards.append(Card(whole.id, whole.kind, parts or (whole,)))
    return tuple(cards)


def _device(nvml: Any, handle: Any) -> Device | None:
    """None where the handle, or the device behind it, is gone."""
    name = ask(nvml, nvml.nvmlDeviceGetName, handle)
    uuid = ask(nvml, nvml.nvmlDeviceGetUUID, handle)
    if name is None or uuid is None:
        return None
    memory = ask(nvml, nvml.nvmlDeviceGetMemoryInfo, handle)
    size = None if memory is None else memory.total / _MIB
    return Device(id=_text(uuid), kind=_text(name), memory_mib=size)


def _mig_instances(nvml: Any, handle: Any) -> Iterator[Any]:
    with contextlib.suppress(nvml.NVMLError):
        current, _pending = nvml.nvmlDeviceGetMigMode(handle)
        if current != nvml.NVML_DEVICE_MIG_ENABLE:
            return
        for index in range(nvml.nvmlDeviceGetMaxMigDeviceCount(handle)):
            with contextlib.suppress(nvml.NVMLError):  # slots may be empty
                yield nvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, index)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
