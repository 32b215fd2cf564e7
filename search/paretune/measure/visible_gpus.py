"""CUDA's reading of CUDA_VISIBLE_DEVICES: which of the cards a process may use.

Indices count cards, whether or not one is split; the index or UUID of a split card means its first
MIG instance. Indices follow CUDA_DEVICE_ORDER: by default the fastest card comes first, and nothing
is promised of the others, so that on a machine with different cards an index is not to be
understood without CUDA. (CUDA C++ Programming Guide, "CUDA Environment Variables"; NVIDIA
Multi-Instance GPU User Guide, "CUDA Device Enumeration".)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from paretune.errors import DeviceError
from paretune.measure.devices import Device
from paretune.measure.gpu_cards import Card

VARIABLE = "CUDA_VISIBLE_DEVICES"
ORDER_VARIABLE = "CUDA_DEVICE_ORDER"
PCI_ORDER = "PCI_BUS_ID"  # NVML's own

_INDEX = re.compile(r"[0-9]{1,6}")
_UUID = ("GPU-", "MIG-")


def hides_every_gpu(environment: Mapping[str, str]) -> bool:
    """Does the variable begin with what can be no device: "", "-1", or a scheduler's "void"?"""
    value = environment.get(VARIABLE)
    if value is None:
        return False
    first = _entries(value)[0]
    return _INDEX.fullmatch(first) is None and not first.startswith(_UUID)


def visible_gpus(cards: Sequence[Card], environment: Mapping[str, str]) -> tuple[Device, ...]:
    """The devices that CUDA would show, in its order; () where the variable hides them all.

    Raises DeviceError where it means to name one and names none, or cannot be understood: to go on
    with CPU cores is not what the user meant.
    """
    if environment.get(VARIABLE) is None:
        return tuple(part for card in cards for part in card.parts)
    if not cards or hides_every_gpu(environment):
        return ()
    chosen: list[Device] = []
    for entry in _entries(environment[VARIABLE]):
        matches = _named(cards, entry, environment)
        if len(matches) != 1 or matches[0] in chosen:
            if not chosen:
                raise _unclear(cards, entry, matches)
            break  # CUDA stops at the first that is not there
        chosen.append(matches[0])
    return tuple(chosen)


def _entries(value: str) -> list[str]:
    return [entry.strip() for entry in value.split(",")]


def _named(cards: Sequence[Card], entry: str, environment: Mapping[str, str]) -> list[Device]:
    if _INDEX.fullmatch(entry):
        _check_order(cards, entry, environment)
        index = int(entry)
        return [card.parts[0] for card in cards[index : index + 1]]
    if not entry.startswith(_UUID):
        return []
    found = [card.parts[0] for card in cards if card.uuid.startswith(entry)]
    found += [part for card in cards for part in card.parts if part.id.startswith(entry)]
    return list(dict.fromkeys(found))


def _check_order(cards: Sequence[Card], entry: str, environment: Mapping[str, str]) -> None:
    kinds = dict.fromkeys(card.kind for card in cards)
    if len(kinds) > 1 and environment.get(ORDER_VARIABLE) != PCI_ORDER:
        raise DeviceError(
            f"{VARIABLE}={environment[VARIABLE]}: this machine has {' and '.join(kinds)}, of which "
            f"CUDA counts the fastest first, so that {entry} may be any; name the UUID "
            f"(nvidia-smi -L), or set {ORDER_VARIABLE}={PCI_ORDER}"
        )


def _unclear(cards: Sequence[Card], entry: str, matches: Sequence[Device]) -> DeviceError:
    number = f"{len(matches)} GPUs" if matches else "no GPU"
    there = ", ".join(part.id for card in cards for part in card.parts)
    return DeviceError(
        f"{VARIABLE}: {entry} names {number} of this machine ({there}); name one by its index or "
        f'its UUID, unset the variable to use all, or set it to "" to use CPU cores'
    )
