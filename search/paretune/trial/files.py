"""The files in a trial's folder, by which driver, warm parent and worker speak to each other."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

ASSIGNMENT = "assignment.json"  # what to do; written by the driver
REPORTS = "reports.jsonl"  # phases and epochs while it runs; appended by the worker
RESULT = "result.json"  # the end, as the worker tells it
HANDOVER = "handover.json"  # what stages on devices leave for the rest; written by the worker
EXIT = "exit.json"  # how its process ended; written by the warm parent
METER = "meter.json"  # the bill so far, renewed every second by the driver
OUTCOME = "outcome.json"  # what the driver made of it, written before the storage is told
STOP = "stop"  # its presence asks the trial to end at its next report
LOG = "log.txt"  # everything the trial printed
MODEL = "model.tflite"  # the product, if there is one


def write_json(path: Path, record: Any) -> None:
    """Write beside the name, then rename: a reader sees the old file or the new one, whole."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(json.dumps(record, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    beside.replace(path)
