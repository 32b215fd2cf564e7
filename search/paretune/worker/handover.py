"""Where a chain of stages is cut: behind the last stage that needs the trial's devices.

A framework keeps a GPU's memory until its process ends. So the stages behind the cut run in
another process, forked after that, which finds here what the stages before the cut have left.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from paretune.measure.devices import CPU_KIND
from paretune.trainables import Stage
from paretune.trial.files import HANDOVER, write_json
from paretune.trial.job import Assignment


@dataclass(frozen=True)
class Handover:
    """From the process that had the devices to the one that has a CPU core."""

    metrics: Mapping[str, float]
    notes: Mapping[str, Any]
    product: str | None  # folder of the last stage's, beneath the trial's; None: none has run

    def write(self, directory: Path) -> None:
        """Leave it in the trial's folder."""
        write_json(directory / HANDOVER, asdict(self))

    @classmethod
    def read(cls, directory: Path) -> Handover:
        """The one in a trial's folder. Raises OSError or ValueError where there is none."""
        return cls(**json.loads((directory / HANDOVER).read_text(encoding="utf-8")))


def cut(stages: Sequence[Stage], assignment: Assignment) -> slice:
    """Those of a trial's `stages` that the process with this assignment runs."""
    if assignment.device_kind == CPU_KIND and not assignment.handed_over:
        return slice(0, len(stages))  # its cores are the devices: nothing is gained
    needing = [position for position, stage in enumerate(stages) if stage.device]
    first = needing[-1] + 1 if needing else 0
    return slice(first, len(stages)) if assignment.handed_over else slice(0, first)
