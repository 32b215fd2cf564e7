"""What speaks against a configuration, whatever the budget: too little memory, a trial's limit."""

from __future__ import annotations

from paretune.money.budget import Objection
from paretune.predict.predictor import MEMORY, Predictor
from paretune.trial.job import Limits
from paretune.trial.prediction import Basis, Prediction

SURE = 0.8  # how sure an excess over the limit must be
FITS = 0.35  # below this chance it does not fit the memory; at even odds it is worth a look


def memory_objection(prediction: Prediction, predictor: Predictor) -> Objection | None:
    """It is predicted to need more memory than a device has."""
    if predictor.chance_of_fitting(prediction) >= FITS:
        return None
    need = prediction.figures[MEMORY]
    return Objection(
        f"predicted to need {need.median:.4g} MiB ({need.low:.4g} to {need.high:.4g}), "
        f"and {predictor.capacity_mib:.4g} are there",
        for_budget=False,
    )


def limit_objection(prediction: Prediction, limits: Limits) -> Objection | None:
    """It is predicted to be ended by [limits] gpu_seconds."""
    limit, price = limits.gpu_seconds, prediction.spent
    if limit is None or price is None or prediction.basis is not Basis.LEARNED:
        return None
    if price.chance_above(limit) <= SURE:
        return None
    return Objection(
        f"predicted to take {price.median:.3g} GPU-seconds ({price.low:.3g} to "
        f"{price.high:.3g}), over limits.gpu_seconds = {limit:g}",
        for_budget=False,
    )
