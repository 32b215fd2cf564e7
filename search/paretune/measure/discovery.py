"""Which devices there are: the GPUs that NVML shows and CUDA may use, or else the CPU cores."""

from __future__ import annotations

import os
from collections.abc import Mapping

from paretune.measure.devices import Device, cpu_cores
from paretune.measure.gpu_cards import list_cards
from paretune.measure.visible_gpus import hides_every_gpu, visible_gpus


def discover(environment: Mapping[str, str] | None = None) -> tuple[Device, ...]:
    """The devices of this machine that this process may use: GPUs if there are any.

    Raises DeviceError where CUDA_VISIBLE_DEVICES names no GPU of this machine.
    """
    environment = os.environ if environment is None else environment
    if hides_every_gpu(environment):
        return cpu_cores()
    return visible_gpus(list_cards(), environment) or cpu_cores()
