"""Is another look worth its price? What the best one promises, as a share of what is held.

A search with a price is Pandora's box problem (Weitzman 1979): open boxes while one is worth its
price, then keep the best. The optimal rule ends it when no box's Gittins index beats what is held,
which for one look at x is: when E[improvement(x)] <= lambda * E[cost(x)] for all x, lambda being
what a unit of cost is worth (Xie et al. 2024, arXiv 2406.20062; as a stopping rule, with a bound on
what it spends in vain, Xie et al. 2025, arXiv 2507.12453). The improvement here is that of the
hypervolume. Nobody can say what a GPU-second is worth in hypervolume, but everybody can say "not
for one per cent": both are scaled by what the study itself has spent and holds,

    gain = max_x E[hypervolume improvement(x)] / E[cost(x)] * spent / hypervolume
    end when gain < least_gain,  that is  lambda = least_gain * hypervolume / spent

so that `gain` is the share by which the hypervolume grows if as much is spent again and every look
is as good as the next. Later looks are worse, so it is an upper estimate: the study ends rather
late than early. A model may err once: ask for several low values in a row. What is likely to fail,
to miss a constraint or to cost more than is left improves so much the less.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from optuna.trial import FrozenTrial

from paretune.samplers.candidate_score import CandidateScore
from paretune.samplers.reading import Reading


def gain(
    score: CandidateScore, best: float, reading: Reading, trials: Iterable[FrozenTrial]
) -> float | None:
    """The share (module docstring) at the log score `best` of what is to be tried after `trials`.

    Costs are `Reading.cost`'s, or one for each trial where none was told. None without a front:
    as long as nothing is held, nothing can be said of its growth.
    """
    model = score.model
    held = 0.0 if score.boxes is None else score.boxes.dominated(model.front, model.reference)
    if held <= 0:
        return None
    ended = [trial for trial in trials if trial.state.is_finished()]
    if model.cost is None:
        spent = float(len(ended))
    else:
        spent = float(sum(reading.cost(trial) or 0.0 for trial in ended))
    return float(np.exp(best) * spent / held)
