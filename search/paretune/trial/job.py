"""A trial that is to run: a `Job` says what is wanted, an `Assignment` what was leased for it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from paretune.measure.devices import Device
from paretune.trial.files import ASSIGNMENT, write_json


@dataclass(frozen=True)
class Limits:
    """The most one trial may take; None is no limit. One that goes beyond it is ended.

    Attributes:
        gpu_seconds: Device-seconds (core-seconds where a device is a CPU core).
        wall_seconds: From its start to its end.
        host_memory_mib: MiB of the host's memory, by the trial and all that it starts.
        report_seconds: The longest silence between two reports of its progress.

    Examples:
        >>> import paretune as pt
        >>> limits = pt.Limits(gpu_seconds=60, report_seconds=30)
    """

    gpu_seconds: float | None = None
    wall_seconds: float | None = None
    host_memory_mib: float | None = None
    report_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Job:
    """A configuration that is to be trained, whatever devices it will have."""

    number: int
    trainable: str  # a bundled name or "package.module:function"
    params: Mapping[str, Any]  # [train] settings, overlaid by the sampled parameters
    directory: str
    seed: int  # of the training: weights, order of the examples
    data: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = Limits()
    search_path: str | None = None  # folder of the study file: a module beside it is found
    study: str = ""  # the id of its study, if it is of one
    store: str | None = None  # folder of the stage store; None: nothing is shared
    store_limit_mib: float | None = None

    def on(self, devices: Sequence[Device], origin: Mapping[str, Any] | None = None) -> Assignment:
        """The same with devices; at least one. `origin`: see `Assignment`."""
        fields = {name: getattr(self, name) for name in Job.__dataclass_fields__}
        return Assignment(
            **fields,
            devices=tuple(device.id for device in devices),
            device_kind=devices[0].kind,
            origin=origin,
        )


@dataclass(frozen=True, kw_only=True)
class Assignment(Job):
    """Everything a worker needs to run one trial."""

    devices: tuple[str, ...]  # device ids: "cpu:0", or a GPU's or MIG instance's UUID
    device_kind: str  # "cpu-core", or the GPU's name
    origin: Mapping[str, Any] | None = None  # paretune.stages.stage_keys.Origin, if stages share
    attempt: int = 1
    # Its stages that need devices have run: these are CPU cores, for the stages that need none.
    handed_over: bool = False

    def on_cores(self, cores: Sequence[Device]) -> Assignment:
        """The rest of the trial, for the stages that need none of its devices."""
        return replace(
            self,
            devices=tuple(core.id for core in cores),
            device_kind=cores[0].kind,
            handed_over=True,
        )

    def write(self) -> None:
        """Leave it in the trial's folder, for the worker."""
        write_json(Path(self.directory) / ASSIGNMENT, asdict(self))

    @classmethod
    def read(cls, directory: str | os.PathLike[str]) -> Assignment:
        """The one in a trial's folder. Raises OSError or ValueError where there is none."""
        record = json.loads((Path(directory) / ASSIGNMENT).read_text(encoding="utf-8"))
        record["devices"] = tuple(record["devices"])
        record["limits"] = Limits(**record["limits"])
        record["directory"] = str(directory)  # it may have been moved
        return cls(**record)
