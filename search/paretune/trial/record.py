"""A trial as the tables, the front, the ledger and the pages of a study see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from paretune.measure import Measurement
from paretune.trial.files import LOG, MODEL
from paretune.trial.outcome import Outcome, Status
from paretune.trial.prediction import Prediction

_NOTHING = Measurement()


@dataclass(frozen=True, repr=False)
class TrialRecord:
    """One finished or running trial, as the tables, the JSON and the plots show it.

    What follows from the outcome is worked out when it is asked for: of most trials of a large
    study nobody asks.
    """

    number: int
    status: Status | None  # None: running or waiting
    params: Mapping[str, Any]
    values: Mapping[str, float] | None = None  # by objective; None where the trial has none
    outcome: Outcome | None = None  # None: it has not ended, or another tool ran it
    feasible: bool = False  # keeps the study's constraints; false where there are no values
    price: float | None = None  # dollars of a device-second; None without prices
    baseline: int | None = None  # position in the study file, from 1
    prediction: Prediction | None = None  # made before it ran
    # GPU-seconds that stopping it early has saved: low, median, high of an interval of 80 %.
    saved: Mapping[str, float] | None = None
    directory: Path | None = None  # of its files; they may be on another machine
    validation_images: int | None = None  # that its accuracy rests on; None where nobody said
    seed: int | None = None  # of its training, where that is not the study's
    replicate_of: int | None = None  # the trial whose configuration it ran again

    @cached_property
    def metrics(self) -> Mapping[str, float]:
        """Every figure: measured ones and the trainable's own, dollars at the present price."""
        return {} if self.outcome is None else self.outcome.figures(self.price)

    @property
    def phases(self) -> Mapping[str, Measurement]:
        """As they ran for this trial."""
        return {} if self.outcome is None else self.outcome.phases

    @property
    def reused(self) -> Mapping[str, Measurement]:
        """As they had run for others; not paid again."""
        return {} if self.outcome is None else self.outcome.reused

    @property
    def cost(self) -> Measurement:
        """Of the configuration, from scratch, whoever paid."""
        return _NOTHING if self.outcome is None else self.outcome.cost

    @property
    def spent(self) -> Measurement:
        """By this trial."""
        return _NOTHING if self.outcome is None else self.outcome.spent

    @property
    def cost_gpu_seconds(self) -> float:
        """Of the configuration: `cost.gpu_seconds`, to add up over many trials."""
        return 0.0 if self.outcome is None else self.outcome.cost_gpu_seconds

    @property
    def spent_gpu_seconds(self) -> float:
        """By this trial: `spent.gpu_seconds`, to add up over many trials."""
        return 0.0 if self.outcome is None else self.outcome.spent_gpu_seconds

    @property
    def lost(self) -> Measurement | None:
        """Of what was spent: by attempts that came to nothing."""
        return None if self.outcome is None else self.outcome.lost

    @property
    def error(self) -> str | None:
        """Why it failed, in a line."""
        return None if self.outcome is None else self.outcome.error

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
            "spent_gpu_seconds": self.spent_gpu_seconds,
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
