"""Records of trials, made up without a storage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paretune.measure import Measurement
from paretune.trial.outcome import Outcome, Status
from paretune.trial.record import TrialRecord


def record(
    number: int,
    values: Mapping[str, float],
    params: Mapping[str, Any] | None = None,
    *,
    train: float = 1.0,
    reused: float | None = None,
    disturbance: float = 0.0,
    metrics: Mapping[str, float] | None = None,
    **rest: Any,
) -> TrialRecord:
    """A completed trial that trained for `train` GPU-seconds, or took a training of `reused`."""

    def cost(seconds: float) -> Measurement:
        stolen = disturbance * seconds
        return Measurement(seconds, seconds, disturbed_seconds=stolen, peak_memory_mib=10.0)

    ran = {"train": cost(train)} if reused is None else {"quantize": cost(0.1)}
    taken = {} if reused is None else {"train": cost(reused)}
    fields: dict[str, Any] = {
        "status": Status.COMPLETED,
        "params": {"x": number} if params is None else params,
        "values": dict(values),
        "outcome": Outcome(Status.COMPLETED, metrics or values, phases=ran, reused=taken),
        "feasible": True,
    }
    return TrialRecord(number=number, **{**fields, **rest})
