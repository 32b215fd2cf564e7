"""A trainable whose cost is a law: so many reports, a pause before each (benchmarks/budget.py)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any


def burn(params: Mapping[str, Any], context: Any) -> dict[str, float]:
    """`epochs` x `pause` seconds; better the longer it goes on."""
    for epoch in range(1, int(params["epochs"]) + 1):
        time.sleep(params["pause"])
        context.report(epoch, accuracy=epoch / 100)
    return {"accuracy": float(params["epochs"]) / 100}
