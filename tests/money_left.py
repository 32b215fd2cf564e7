"""A budget of which so much is left, and a space in which a configuration costs its epochs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from paretune.money.budget import BudgetRules, Committed
from paretune.spec.study_spec import Budget
from paretune.study.spending.affordable import Affordable
from paretune.trial.prediction import Basis, Estimate, Prediction
from small_study import small_spec

SPACE = """
[kind]
choices = ["short", "long"]
[epochs]
type = "float"
low = 1.0
high = 100.0
log = true
when = { kind = "long" }
"""


class MoneyLeft:
    """In place of a treasury; trials have paid 50 on average."""

    def __init__(self, left, limit=1000.0):
        self.rest, self.limit = left, limit
        self.rules = BudgetRules(Budget(gpu_seconds=limit))
        self.predictor = object()
        self.asked = 0

    def predict(self, configuration, planned):
        self.asked += 1
        seconds = configuration.params.get("epochs", 5.0)
        return Prediction({"spent_gpu_seconds": Estimate(math.log(seconds), 0.0)}, Basis.LEARNED, 9)

    def objection(self, prediction):
        return self.rules.objection(prediction, Committed((self.limit or 0.0) - self.rest))

    def free(self):
        return self.rest

    def mean_paid(self):
        return 50.0


def affordable_with(folder: Path, left: float, limit: float | None = 1000.0, **options: Any):
    """What a study of two devices can afford."""
    spec = small_spec(folder, space=SPACE)
    return Affordable(spec, 2, MoneyLeft(left, limit), lambda configuration: (), **options)
