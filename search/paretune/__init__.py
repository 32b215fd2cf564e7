"""Paretune: the training configuration that gives the accuracy you need for the least money.

Describe a study with `Study`, run it, and take what you need from its `Result`. Names are imported
when they are first used, so that `import paretune` takes no time.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paretune.api.parameter_types import Choice as Choice
    from paretune.api.parameter_types import Float as Float
    from paretune.api.parameter_types import Int as Int
    from paretune.api.result import Chosen as Chosen
    from paretune.api.result import Result as Result
    from paretune.api.result import load as load
    from paretune.api.study import Study as Study
    from paretune.errors import SearchError as SearchError
    from paretune.samplers.cost_aware import CostAwareSampler as CostAwareSampler
    from paretune.spec.study_spec import Budget as Budget
    from paretune.stoppers.front_stopper import FrontStopper as FrontStopper
    from paretune.study.observer import Observer as Observer
    from paretune.trainables import Context as Context
    from paretune.trainables import Diverged as Diverged
    from paretune.trainables import Stage as Stage
    from paretune.trainables import StopTrial as StopTrial
    from paretune.trainables import Trainable as Trainable
    from paretune.trial.job import Limits as Limits

__version__ = "0.1.0"

_PLACES = {
    "Budget": "paretune.spec.study_spec",
    "Choice": "paretune.api.parameter_types",
    "Chosen": "paretune.api.result",
    "Context": "paretune.trainables",
    "CostAwareSampler": "paretune.samplers.cost_aware",
    "Diverged": "paretune.trainables",
    "Float": "paretune.api.parameter_types",
    "FrontStopper": "paretune.stoppers.front_stopper",
    "Int": "paretune.api.parameter_types",
    "Limits": "paretune.trial.job",
    "Observer": "paretune.study.observer",
    "Result": "paretune.api.result",
    "SearchError": "paretune.errors",
    "Stage": "paretune.trainables",
    "StopTrial": "paretune.trainables",
    "Study": "paretune.api.study",
    "Trainable": "paretune.trainables",
    "load": "paretune.api.result",
}
__all__ = ["__version__", *_PLACES]  # noqa: PLE0604  # the keys are strings


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'paretune' has no attribute {name!r}")
    value = getattr(importlib.import_module(_PLACES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
