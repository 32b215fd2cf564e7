"""Times that were measured beside strangers say less of a configuration than others do.

What is predicted is a trial in the state in which the study's trials usually ran, be it quiet or
not; what was measured in another state is believed less, the further that was off.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from paretune.measure import SLOWDOWN
from paretune.predict.floor_curve import Datum
from paretune.predict.regression import Floats
from paretune.trial.prediction import Observation


def usual_disturbance(observations: Sequence[Observation]) -> float:
    """That of the trial in the middle, 0 to 1; 0 where there is none."""
    return median(o.disturbance for o in observations) if observations else 0.0


def timed(row: Floats, observation: Observation, seconds: float, usual: float) -> Datum:
    """A phase's time as the regression takes it: `row` (f,) features, more noise if disturbed."""
    extra = (SLOWDOWN * (observation.disturbance - usual)) ** 2
    return Datum(row, seconds, observation.order, extra)
