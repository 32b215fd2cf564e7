"""Ends a study from which little more is to be expected, if its file asks for that.

`[search] least_gain = 0.5`: were all looks as good as the best next one, spending as much again as
has been spent would add less than half to the hypervolume. That is an upper estimate, by far: later
looks are worse (paretune.samplers.expected_gain has the reasons, benchmarks/README.md the figures).
One suggestion may be an error of the sampler's model, so several in a row are asked for.
"""

from __future__ import annotations

from optuna.samplers import BaseSampler

from paretune.errors import StudyError
from paretune.samplers import ExpectsGain, unwrapped
from paretune.spec.study_spec import StudySpec

IN_A_ROW = 3


class LeastGain:
    """Of one driver of a study. Raises StudyError where the sampler expects nothing."""

    def __init__(self, spec: StudySpec, sampler: BaseSampler) -> None:
        self.least = spec.least_gain
        inner = unwrapped(sampler)
        self._sampler = inner if isinstance(inner, ExpectsGain) else None
        self._below: list[float] = []  # the gains of the last suggestions, all below the least
        if self.least > 0 and self._sampler is None:
            raise StudyError(
                f"study {spec.name!r}: search.least_gain = {self.least:g} needs the sampler "
                "cost_aware, or another with an `expected_gain`; "
                f"the sampler is {spec.sampler.name}"
            )

    def observe(self) -> None:
        """After a suggestion: what did it promise?"""
        gain = None if self._sampler is None else self._sampler.expected_gain
        if gain is None:
            return
        self._below = [*self._below, gain] if gain < self.least else []

    @property
    def reason(self) -> str | None:
        """Why the study should end; None while it should not."""
        if len(self._below) < IN_A_ROW:
            return None
        return (
            "no look is expected to pay: even at the best one's rate, spending as much again would "
            f"add {max(self._below[-IN_A_ROW:]):.2%} to the hypervolume, and search.least_gain is "
            f"{self.least:.2%}"
        )
