"""What a trial of the past teaches, and what is expected of one before it runs: plain data.

`paretune.predict` learns from `Observation`s and answers with `Prediction`s, whose figures are
`Estimate`s: a value and how uncertain it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from statistics import NormalDist
from typing import Any

from paretune.measure import OVERHEAD_PHASES, Measurement
from paretune.trial.outcome import merged

# The overhead of a trial that trains, and of one for which the store has all training.
TRAINED, UNTRAINED = "trained", "untrained"
BARE = "bare"  # of the former, without what comes with the training
_WITH_TRAINING = ("setup", "store")
OVERHEAD = "overhead"
TOGETHER = 0.6  # correlation of the errors of two phases of one trial: the machine is the same
COVERAGE = 0.8  # of the intervals that are shown
_NORMAL = NormalDist()
_REACH = _NORMAL.inv_cdf(0.5 + COVERAGE / 2)


@dataclass(frozen=True)
class Observation:
    """What one trial of the past teaches."""

    params: Mapping[str, Any]  # all that the trainable saw, [train] settings included
    phases: Mapping[str, float]  # GPU-seconds of the configuration's phases; {} if it came to none
    # GPU-seconds beside them that this very trial paid: TRAINED and BARE, or UNTRAINED.
    overhead: Mapping[str, float] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)  # every figure of the outcome
    order: float = 0.0  # of the trial in time: neighbours ran on the same state of the machine
    # The share of the machine's time that strangers had while it was measured, 0 to 1.
    disturbance: float = 0.0
    # It ended for want of memory: it needs more than it was ever seen to have.
    out_of_memory: bool = False

    @classmethod
    def of(
        cls,
        params: Mapping[str, Any],
        *,
        ran: Mapping[str, Measurement],
        reused: Mapping[str, Measurement],
        figures: Mapping[str, float],
        order: float = 0.0,
    ) -> Observation:
        """Of a completed trial: what ran for it, and what it took from the store."""
        measured = {n: m for n, m in merged(ran, reused).items() if n not in OVERHEAD_PHASES}
        # What ran on a CPU core, beside GPUs, took none of their time.
        costed = {n: cost.gpu_seconds for n, cost in measured.items() if cost.gpu_seconds > 0}
        disturbance = Measurement.total(measured.values()).disturbance or 0.0
        beside = {n: cost.gpu_seconds for n, cost in ran.items() if n in OVERHEAD_PHASES}
        overhead = {}
        if beside and ("setup" in ran or not reused):
            # Graphs are traced and weights stored only where something is trained.
            only = sum(beside.get(name, 0.0) for name in _WITH_TRAINING)
            overhead = {TRAINED: sum(beside.values()), BARE: sum(beside.values()) - only}
        elif beside:
            overhead = {UNTRAINED: sum(beside.values())}
        return cls(params, costed, overhead, figures, order, disturbance)


@dataclass(frozen=True)
class Estimate:
    """A figure that is not known yet: its logarithm is normal."""

    log_mean: float
    log_deviation: float

    @classmethod
    def known(cls, value: float) -> Estimate:
        """A figure without doubt; must be above 0."""
        return cls(math.log(value), 0.0)

    @property
    def median(self) -> float:
        """As likely to be exceeded as not: what is shown as *the* prediction."""
        return math.exp(self.log_mean)

    @property
    def mean(self) -> float:
        """What it comes to on average: what sums and reservations are made of."""
        return math.exp(self.log_mean + self.log_deviation**2 / 2)

    @property
    def low(self) -> float:
        """The lower end of the interval of `COVERAGE`."""
        return math.exp(self.log_mean - _REACH * self.log_deviation)

    @property
    def high(self) -> float:
        """The upper end of the interval of `COVERAGE`."""
        return math.exp(self.log_mean + _REACH * self.log_deviation)

    def chance_above(self, bound: float) -> float:
        """How likely it is to be more than `bound`."""
        if bound <= 0:
            return 1.0
        if math.isinf(bound) or self.log_deviation == 0:
            return float(self.median > bound)
        return 1 - _NORMAL.cdf((math.log(bound) - self.log_mean) / self.log_deviation)

    def scaled(self, factor: float) -> Estimate:
        """`factor` times the figure; times 0, what has no price, it is 0."""
        shift = math.log(factor) if factor > 0 else -math.inf
        return Estimate(self.log_mean + shift, self.log_deviation)

    def to_json(self) -> dict[str, float]:
        """Readable by people as well: the three figures beside the two it is made of."""
        shown = {"median": self.median, "low": self.low, "high": self.high}
        return {**asdict(self), **shown}

    @classmethod
    def from_json(cls, record: Mapping[str, float]) -> Estimate:
        return cls(record["log_mean"], record["log_deviation"])


class Basis(StrEnum):
    """What a prediction rests on."""

    LEARNED = "learned"  # trials that have run
    COUNTED = "counted"  # what the trainable counts of a configuration
    GUESSED = "guessed"  # nothing: half a minute, give or take a factor of ten


@dataclass(frozen=True)
class Prediction:
    """What a configuration is expected to come to, figure by figure, before it runs.

    `spent_gpu_seconds` is what the search would pay for it, start-up included and without the
    stages that need not run again; `gpu_seconds` is what the configuration costs from scratch.
    """

    figures: Mapping[str, Estimate]
    basis: Basis
    observations: int = 0  # trials it was learned from
    # GPU-seconds that would really be spent, phase by phase, the overhead under its own name.
    parts: Mapping[str, Estimate] = field(default_factory=dict)

    @property
    def spent(self) -> Estimate | None:
        """GPU-seconds that the search would pay for it."""
        return self.figures.get("spent_gpu_seconds")

    @property
    def is_guess(self) -> bool:
        """Does it rest on nothing? Then nobody should be held up by it."""
        return self.basis is Basis.GUESSED

    def to_json(self) -> dict[str, Any]:
        return {
            "basis": self.basis.value,
            "observations": self.observations,
            "figures": {name: estimate.to_json() for name, estimate in self.figures.items()},
            "parts": {name: estimate.to_json() for name, estimate in self.parts.items()},
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Prediction:
        figures = {n: Estimate.from_json(e) for n, e in record["figures"].items()}
        parts = {n: Estimate.from_json(e) for n, e in record["parts"].items()}
        return cls(figures, Basis(record["basis"]), record["observations"], parts)


def total(parts: Iterable[Estimate], shared: float = 0.0) -> Estimate | None:
    """The sum of figures, as one whose mean and variance are the same (Fenton 1960).

    `shared` is the correlation between any two. None for a sum of nothing.
    """
    estimates = list(parts)
    if not estimates:
        return None
    means = [estimate.mean for estimate in estimates]
    spreads = [
        m * math.sqrt(math.expm1(e.log_deviation**2)) for m, e in zip(means, estimates, strict=True)
    ]
    apart = sum(spread**2 for spread in spreads)
    variance = (1 - shared) * apart + shared * sum(spreads) ** 2
    mean = sum(means)
    log_variance = math.log1p(variance / mean**2)
    return Estimate(math.log(mean) - log_variance / 2, math.sqrt(log_variance))
