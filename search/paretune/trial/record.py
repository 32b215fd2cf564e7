"""A trial as the tables, the front, the ledger and the pages of a study see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from paretune.measure import Measurement
from paretune.trial.files import LOG, MODEL
from paretune.trial.outcome import Status
from paretune.trial.prediction import Prediction


@dataclass(frozen=True, repr=False)
class TrialRecord:
    """One finished or running trial, as the tables, the JSON and the plots show it."""

    number: int
    status: Status | None  # None: running or waiting
    params: Mapping[str, Any]
    values: Mapping[str, float] | None  # by objective; None where the trial has none
    metrics: Mapping[str, float]  # every figure: measured ones and the trainable's own
    baseline: int | None  # position in the study file, from 1
    feasible: bool  # keeps the study's constraints; false where there are no values
    phases: Mapping[str, Measurement]  # as they ran for this trial
    reused: Mapping[str, Measurement]  # as they had run for others; not paid again
    cost: Measurement  # of the configuration, from scratch, whoever paid
    spent: Measurement  # by this trial
    lost: Measurement | None  # of it: by attempts that came to nothing
    prediction: Prediction | None  # made before it ran
    # GPU-seconds that stopping it early has saved: low, median, high of an interval of 80 %.
    saved: Mapping[str, float] | None
    error: str | None
    directory: Path | None  # of its files, if it ever had one; they may be on another machine
    validation_images: int | None = None  # that its accuracy rests on; None where nobody said
    seed: int | None = None  # of its training, where that is not the study's
    replicate_of: int | None = None  # the trial whose configuration it ran again

    @property
    def model(self) -> str | None:
        """Path of the product; None where there is none. Looked for each time."""
        return None if self.values is None else self._existing(MODEL)

    @property
    def log(self) -> str | None:
        """Path of what the trial printed; None where it is not there. Looked for each time."""
        return self._existing(LOG)

    def _existing(self, name: str) -> str | None:
        path = None if self.directory is None else self.directory / name
        return str(path) if path is not None and path.exists() else None

    def __repr__(self) -> str:
        status = "running" if self.status is None else self.status.value
        figures = ", ".join(f"{name} {value:.4g}" for name, value in (self.values or {}).items())
        return f"TrialRecord({self.number}, {status}{': ' if figures else ''}{figures})"

    def entry(self) -> dict[str, Any]:
        """The JSON contract's entry of a front."""
        return {
            "number": self.number,
            "params": dict(self.params),
            "values": None if self.values is None else dict(self.values),
            "metrics": dict(self.metrics),
            "spent_gpu_seconds": self.spent.gpu_seconds,
            "model": self.model,
            "baseline": self.baseline,
        }

    def full_entry(self) -> dict[str, Any]:
        """The JSON contract's entry of `paretune trials`."""
        return {
            **self.entry(),
            "status": None if self.status is None else self.status.value,
            "feasible": self.feasible,
            "measurement": {
                "cost": asdict(self.cost),
                "spent": asdict(self.spent),
                "phases": {name: asdict(cost) for name, cost in self.phases.items()},
                "reused": {name: asdict(cost) for name, cost in self.reused.items()},
            },
            "prediction": None if self.prediction is None else self.prediction.to_json(),
            "saved_gpu_seconds": None if self.saved is None else dict(self.saved),
            "error": self.error,
            "log": self.log,
        }
