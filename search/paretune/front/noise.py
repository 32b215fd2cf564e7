"""How far one measurement of a figure is from the configuration's true value.

Notation: a figure's scale is logarithmic where values are compared by their ratios
(`pareto.objectives`), so that its deviation is a relative one; else the figure's own.

    s0, v0   deviation assumed before anything was repeated, and what that is worth as degrees of
             freedom
    s, v     of the repeated measurements of the study, pooled
    moderated deviation: sqrt((v0 s0^2 + v s^2) / (v0 + v))

The last is the moderated variance of Smyth, "Linear models and empirical Bayes methods", Stat.
Appl. Genet. Mol. Biol. 3 (2004): two repeats alone tell a deviation to a factor of three.

An accuracy has two sources of noise that add up: the images it was measured on (Wilson 1927) and
the seed of the training, of which only trials of one configuration with several seeds tell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from paretune.front.measured import Measured, wilson_error
from paretune.front.measured_configurations import MeasuredConfiguration, trial_figure
from paretune.front.repeats import Spread, repeated_figures, repeated_stages
from paretune.measure import SLOWDOWN
from paretune.pareto.objectives import is_ratio

# Relative deviations of one training measured again and again, alone on its cores
# (docs/measurements.md, benchmarks/repeatability.py), rounded up.
ASSUMED = {
    "gpu_seconds": 0.03,
    "wall_seconds": 0.03,
    "cpu_seconds": 0.03,
    "dollars": 0.03,
    "energy_j": 0.03,
    "peak_memory_mib": 0.02,
    "total_memory_mib": 0.02,
    "host_memory_mib": 0.02,
    "latency_ms": 0.05,
}
SAMPLED = 500  # configurations, evenly chosen, of a large study
ASSUMED_FREEDOM = 4  # what the assumption is worth, in repeated measurements
# Figures that follow from the file alone: the same bytes whenever they are counted.
EXACT = frozenset(
    {"model_kib", "model_kib_compressed", "parameters", "sparsity_reached", "inference_memory_kib"}
)
# Measured while the network trains: a configuration that took the training takes the measurement.
SHARED = frozenset(ASSUMED) - {"latency_ms"}
_TIMES = frozenset({"gpu_seconds", "wall_seconds", "cpu_seconds", "dollars", "energy_j"})


@dataclass(frozen=True)
class FigureNoise:
    """Of one figure in one study.

    Attributes:
        figure: Its name.
        log: Is the deviation a relative one?
        deviation: Of one measurement beside its images; None where nothing tells it.
        source: What that rests on, in words.
        usual_disturbance: Of the study's trials: what was measured otherwise counts as noisier.
        by_seed: Does only another seed measure it again? (a figure of the network's)
    """

    figure: str
    log: bool
    deviation: float | None
    source: str
    usual_disturbance: float = 0.0
    by_seed: bool = False

    @classmethod
    def fit(
        cls, figure: str, configurations: Sequence[MeasuredConfiguration], usual: float = 0.0
    ) -> FigureNoise:
        """From what the study has measured more than once, or else what is assumed."""
        log = is_ratio(figure)
        if figure in EXACT:
            return cls(figure, log, 0.0, "exact")
        by_seed = figure not in ASSUMED
        spread = repeated_figures(configurations, figure, log=log, seeds=by_seed)
        if not by_seed:
            name = "gpu_seconds" if figure == "dollars" else figure
            spread += repeated_stages(configurations, name)
        deviation, source = _moderated(spread, ASSUMED.get(figure))
        return cls(figure, log, deviation, source, usual, by_seed)

    def to_json(self) -> dict[str, Any]:
        """For the JSON contract; of one measurement, beside what its images add."""
        return {
            "figure": self.figure,
            "deviation": self.deviation,
            "relative": self.log,
            "source": self.source,
        }

    def error(self, configuration: MeasuredConfiguration, value: float) -> float | None:
        """Standard error of a configuration's mean, on the figure's scale; None: not known."""
        images = self.images(configuration, value)
        if self.deviation is None and images is None:
            return None
        repeats = self.measurements(configuration)
        variance = (self.deviation or 0.0) ** 2 / repeats
        if self.figure in _TIMES:
            shift = [m.cost.disturbance for m in configuration.measurements]
            extra = [(SLOWDOWN * ((d or 0.0) - self.usual_disturbance)) ** 2 for d in shift]
            variance += sum(extra) / len(extra) ** 2
        if images is not None:
            variance += wilson_error(value, images) ** 2
        return math.sqrt(variance)

    def images(self, configuration: MeasuredConfiguration, value: float) -> int | None:
        """How many validation images a value rests on, if it is a share of them."""
        if "accuracy" not in self.figure.split("_") or not 0 <= value <= 1:
            return None
        return configuration.trials[0].validation_images

    def measurements(self, configuration: MeasuredConfiguration) -> int:
        """How many measurements the configuration's value is the mean of."""
        return len(configuration.by_seed) if self.by_seed else len(configuration.measurements)

    def value(self, configuration: MeasuredConfiguration) -> float:
        """The mean of a configuration's measurements; NaN where one lacks the figure."""
        if len(configuration.trials) == 1:
            return trial_figure(configuration.trials[0], self.figure)
        return configuration.mean(self.figure, by_seed=self.by_seed)

    def measured(self, configuration: MeasuredConfiguration) -> Measured:
        """A configuration's figure with its uncertainty, in the figure's own unit."""
        value = self.value(configuration)
        error, images = self.error(configuration, value), self.images(configuration, value)
        known = [] if images is None else [f"{images} validation images"]
        if self.deviation is not None or images is None:
            known.append(self.source)
        return Measured(
            value=value,
            standard_error=None if error is None else error * (abs(value) if self.log else 1.0),
            measurements=self.measurements(configuration),
            source=", ".join(known),
            images=images,
        )


def usual_disturbance(configurations: Sequence[MeasuredConfiguration]) -> float:
    """That of the trial in the middle, 0 to 1; 0 where there is none. SAMPLED tell it."""
    some = configurations[:: max(len(configurations) // SAMPLED, 1)]
    return median([c.record.cost.disturbance or 0.0 for c in some]) if some else 0.0


def _moderated(spread: Spread, assumed: float | None) -> tuple[float | None, str]:
    repeats = f"{spread.freedom + 1} repeated measurements"
    if assumed is None:
        if not spread.freedom:
            return None, "not known: no configuration ran with two seeds"
        return math.sqrt(spread.squares / spread.freedom), f"seeds: {repeats}"
    if not spread.freedom:
        return assumed, f"assumed: {100 * assumed:g} %"
    squares = ASSUMED_FREEDOM * assumed**2 + spread.squares
    deviation = math.sqrt(squares / (ASSUMED_FREEDOM + spread.freedom))
    return deviation, repeats
