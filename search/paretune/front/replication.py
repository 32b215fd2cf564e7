"""Which configuration to measure once more: where membership of the front is least sure.

Notation: k configurations near the front, c figures; M_j is whether j is a member of the true
front, theta_ic the true loss of i, both as drawn by `front.membership`; n_i the measurements of i.

    e^2      variance of theta_ic as known
    s^2      variance of one more measurement y' of it
    r        s^2 / n_i: the part of e^2 that measuring again lessens (images stay the same ones)

What y' tells of M_j is taken to be linear in it (Goldstein and Wooff, "Bayes Linear Statistics",
2007): the variance of M_j is expected to fall by

    (Cov(M_j, theta_ic) r / e^2)^2 / (r + s^2)

Summed over all j and c, and divided by what the measurement costs, that is the expected change of
membership per GPU-second; the configuration with the most of it is measured next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from paretune.front.measured_configurations import MeasuredConfiguration
from paretune.front.measured_front import MeasuredFront
from paretune.front.membership import drawn_fronts, drawn_losses
from paretune.front.noise import FigureNoise

Floats = NDArray[np.float64]

MOST = 5  # measurements of one configuration
_DRAWS = 1000
_SEED = 20_260_103
_ENOUGH = 0.005  # less variance of memberships in all than this is not worth a training


def next_to_replicate(
    front: MeasuredFront,
    costs: Sequence[float],  # (k,) GPU-seconds of measuring each configuration once more
    most: int = MOST,
    barred: Sequence[int] = (),
) -> MeasuredConfiguration | None:
    """The configuration to measure again; None where that would hardly change any membership.

    `most`: those with as many measurements are left alone, and so are the positions `barred`.
    """
    front = with_assumed_noise(front)
    if not len(front.near):
        return None
    gains = _gains(front)
    counts = np.array([len(front.configurations[int(i)].by_seed) for i in front.near])
    gains[(counts >= most) | np.isin(front.near, list(barred))] = 0.0
    if gains.max() < _ENOUGH:
        return None
    rates = gains / np.array([max(costs[int(i)], 1e-9) for i in front.near])
    return front.configurations[int(front.near[int(rates.argmax())])]


def with_assumed_noise(front: MeasuredFront) -> MeasuredFront:
    """The front with a guess at the noise that nothing has told of yet.

    Of an accuracy as much as its images give it; of another figure of a network's a twentieth of
    the spread of the front. Two seeds of any configuration take its place.
    """
    noises = []
    for j, noise in enumerate(front.noises):
        if noise.deviation is None:
            known = front.errors[front.members, j]
            spread = float(np.ptp(front.losses[front.members, j])) / 20 if front.members else 0.0
            guess = float(np.median(known)) if known.size and known.max() > 0 else spread
            noises.append(replace(noise, deviation=guess))
        else:
            noises.append(noise)
    return front.with_noises(noises)


def _gains(front: MeasuredFront) -> Floats:  # (near,)
    near, m = front.near, len(front.objectives.names)
    losses, errors = front.losses[near], front.errors[near]
    correlation = front.correlation(near)
    bounds = front.bounds(front.objectives.constraints)
    members = drawn_fronts(
        losses, errors, m, bounds, **correlation, draws=_DRAWS, seed=_SEED
    ).astype(float)
    drawn = drawn_losses(losses, errors, **correlation, draws=_DRAWS, seed=_SEED)
    truths = np.stack(list(drawn))  # (draws, near, c)
    members -= members.mean(axis=0)
    gains = np.zeros(len(near))
    for j, noise in enumerate(front.noises):
        single, reducible = _single(front, noise)
        centred = truths[:, :, j] - losses[:, j]
        covariance = centred.T @ members / _DRAWS  # (near, near)
        # Of draws alone a covariance has the variance Var(theta) Var(M) / draws: that is no gain.
        chance = errors[:, j : j + 1] ** 2 * members.var(axis=0) / _DRAWS
        squared = np.maximum(covariance**2 - chance, 0.0).sum(axis=1)
        known = np.maximum(errors[:, j] ** 2, 1e-300)
        gains += squared * (reducible / known) ** 2 / np.maximum(reducible + single, 1e-300)
    return gains


def _single(front: MeasuredFront, noise: FigureNoise) -> tuple[Floats, Floats]:
    """s^2 and r of each configuration near the front."""
    single = (noise.deviation or 0.0) ** 2
    counts = [noise.measurements(front.configurations[int(i)]) for i in front.near]
    return np.full(len(counts), single), single / np.array(counts, dtype=float)
