"""Which devices there are: the GPUs that NVML shows and CUDA may use, or else the CPU cores."""

from __future__ import annotations

import os
from collections.abc import Mapping

from paretune.measure import nvml_meter
from paretune.measure.devices import Device, cpu_cores, visible_gpus


def discover(environment: Mapping[str, str] | None = None) -> tuple[Device, ...]:
    """The devices of this machine that this process may use: GPUs if there are any."""
    environment = os.environ if environment is None else environment
    gpus = visible_gpus(nvml_meter.list_devices(), environment.get("CUDA_VISIBLE_DEVICES"))
    return gpus or cpu_cores()
