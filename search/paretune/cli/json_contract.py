"""The JSON that `--format json` prints. Users' scripts rely on it: names and shapes stay."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from paretune.front.measured_front import MeasuredFront
from paretune.report.totals import Totals
from paretune.study.storage.load_study import LoadedStudy
from paretune.trial.record import TrialRecord


def front_object(loaded: LoadedStudy) -> dict[str, Any]:
    """The study, its two costs, and its front, best in the first objective first.

    `spent.gpu_seconds` is what the search paid; `spent.configurations_gpu_seconds` what its
    completed configurations cost from scratch. A member's `membership` is how likely its
    configuration is truly non-dominated; `points` are what can be told apart; `noise` is how far
    one measurement of a figure is from the truth, as a share of it where `relative`.
    """
    totals = Totals.of(loaded.records)
    return {
        "study": loaded.study.study_name,
        "objectives": [
            {"name": name, "direction": direction}
            for name, direction in loaded.spec.objectives.by_name.items()
        ],
        "device_kind": loaded.device_kind,
        "spent": {
            "gpu_seconds": totals.spent_gpu_seconds,
            "configurations_gpu_seconds": totals.worth_gpu_seconds,
            "trials": dict(Counter(r.status.value for r in loaded.records if r.status)),
        },
        "front": [_member(loaded.measured, record) for record in loaded.front],
        "points": [point.to_json() for point in loaded.measured.points],
        "noise": [noise.to_json() for noise in loaded.measured.noises],
    }


def _member(front: MeasuredFront, record: TrialRecord) -> dict[str, Any]:
    figures = {name: figure.to_json() for name, figure in front.figures(record).items()}
    membership = front.memberships.get(record.number)
    return {**record.entry(), "figures": figures, "membership": membership}


def trials_object(loaded: LoadedStudy) -> dict[str, Any]:
    """Every trial that has been started, in order; the status of a running one is null."""
    return {"trials": [record.full_entry() for record in loaded.records]}


def as_json(record: dict[str, Any]) -> str:
    """Indented JSON. What is no finite number, of another tool's trial, is null: JSON has none."""
    try:
        return json.dumps(record, indent=2, allow_nan=False)
    except ValueError:
        plain = json.loads(json.dumps(record), parse_constant=lambda _: None)
        return json.dumps(plain, indent=2, allow_nan=False)
