"""The choice of one configuration: by a rule, within conditions; and what was given up for it.

The rules choose among the points of the front of the trials that pass the conditions: what cannot
be told apart is one point, which its surest member stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paretune.errors import ExportError
from paretune.front import rules
from paretune.front.measured_configurations import trial_figure
from paretune.front.measured_front import FrontPoint, MeasuredFront
from paretune.front.membership import kept, possible_members
from paretune.front.neighbours import Neighbour, neighbours_of
from paretune.front.shrinkage import expected_shrinkage
from paretune.inputs.conditions import Condition
from paretune.inputs.mistakes import did_you_mean
from paretune.pareto.dominance import nondominated
from paretune.pareto.selection import check_weights, filtered, loss_column, passing_span
from paretune.trial.record import TrialRecord

KNEE, CHEAPEST, SMALLEST = RULES = ("knee", "cheapest", "smallest")
COST = "gpu_seconds"
SIZES = ("model_kib_compressed", "model_kib", "parameters")  # the first that the trials have

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
# (n, m) losses in the objectives' own units and the configurations' (n,) rows -> a position in them
Rule = Callable[[Floats, Rows], int]


@dataclass(frozen=True)
class FrontChoice:
    """One configuration of a study's front, and why.

    Attributes:
        point: The configuration, its figures with their uncertainty, and what is alike.
        rule: How it was chosen, in words: "the knee", "the best in accuracy".
        among: How many configurations it was chosen among.
        expected: By objective, what it is expected to be when measured anew; less than measured,
            since the best of many is also the luckiest. {} of a trial that was named.
        neighbours: What the nearest better points of the front would have taken.
    """

    point: FrontPoint
    rule: str
    among: int
    expected: Mapping[str, float]
    neighbours: tuple[Neighbour, ...]

    @property
    def record(self) -> TrialRecord:
        """The trial that stands for the configuration."""
        return self.point.record


def choose(
    front: MeasuredFront,
    *,
    rule: str | None = None,
    best: str | None = None,
    weights: Mapping[str, float] | None = None,
    like: TrialRecord | None = None,
    where: Sequence[str] = (),
) -> FrontChoice:
    """The configuration that a rule takes; without one the knee.

    Args:
        front: Of all the study's trials.
        rule: "knee", "cheapest" (of those that cost no more within noise, the knee) or "smallest"
            (in the file's size).
        best: The best in that figure; of equals the knee.
        weights: By objective, above 0: the least weighted sum of objectives, each scaled to the
            range of the front.
        like: The cheapest that is at least as good as this trial, within noise, in every objective
            but the cost.
        where: Conditions such as "accuracy >= 0.95"; only trials that meet them all are looked at.

    Raises:
        ExportError: No trial meets the conditions or the rule, or one of them cannot be read.
    """
    able = _passing(front, where)
    words, take = _rule(front, rule=rule, best=best, weights=weights, like=like)
    pool = front.restricted(able)
    if like is not None:
        rows = np.array([able[i] for i in pool.members], dtype=np.intp)
        own = front.position(like)
        rows = np.union1d(rows, [own]) if own in able else rows
    else:
        rows = np.array([able[found[0]] for found in pool.groups], dtype=np.intp)
    m = len(front.objectives.names)
    chosen = int(rows[take(front.plain(front.losses[rows, :m]), rows)])
    point = pool.point_of(front.configurations[chosen].record)
    return FrontChoice(
        point=point,
        rule=words,
        among=len(able),
        expected=_expected(front, chosen, where, take),
        neighbours=neighbours_of(pool, point),
    )


def chosen_by_name(front: MeasuredFront, record: TrialRecord) -> FrontChoice:
    """A trial with values that was named, and what its neighbours on the front would take."""
    point = front.point_of(record)
    if point.record.number != record.number:
        alike = [r for r in (point.record, *point.alike) if r.number != record.number]
        figures = front.figures(record)
        point = FrontPoint(record, figures, point.membership, point.sure, tuple(alike))
    words = f"trial {record.number} by name"
    return FrontChoice(point, words, 1, {}, neighbours_of(front, point))


def _passing(front: MeasuredFront, where: Sequence[str]) -> list[int]:
    """Positions of the configurations that keep every constraint and meet the conditions."""
    if not front.members:
        raise ExportError("the front is empty: no trial has completed within the constraints")
    records = [configuration.record for configuration in front.configurations]
    passing = {record.number for record in filtered(records, where)}
    able = [i for i, r in enumerate(records) if front.feasible[i] and r.number in passing]
    if not able:
        members = [records[i] for i in front.members]
        nearest = "; ".join(f"the front has {passing_span(members, text)}" for text in where)
        raise ExportError(
            f"{' and '.join(map(repr, where))}: no trial fulfils it; {nearest}", argument="where"
        )
    return able


def _rule(
    front: MeasuredFront,
    *,
    rule: str | None,
    best: str | None,
    weights: Mapping[str, float] | None,
    like: TrialRecord | None,
) -> tuple[str, Rule]:
    objectives = front.objectives
    if best is not None:
        score = _losses_of(front, best)
        return f"the best in {best}", lambda losses, rows: rules.least(
            _column(front, best, score, losses, rows), losses
        )
    if weights is not None:
        check_weights(weights, objectives)
        factors = np.array([weights.get(name, 0.0) for name in objectives.names])
        told = ", ".join(f"{name} {weight:g}" for name, weight in weights.items())
        return f"the best by the weights {told}", lambda losses, rows: rules.weighted(
            losses, factors
        )
    if like is not None:
        return f"the cheapest that is at least as good as trial {like.number}", _like(front, like)
    if rule == CHEAPEST:
        cost = _losses_of(front, COST)
        noise = front.relative_error(COST)
        return "the cheapest", lambda losses, rows: _cheapest(
            _column(front, COST, cost, losses, rows), losses, noise[rows]
        )
    if rule == SMALLEST:
        figure = next((name for name in SIZES if _known(front, name)), None)
        if figure is None:
            raise ExportError(
                f"no trial says how large its file is ({', '.join(SIZES)}): name a figure that is "
                "to be least by --best",
                argument="rule",
            )
        return f"the smallest in {figure}", _rule(
            front, rule=None, best=figure, weights=None, like=None
        )[1]
    if rule not in (None, KNEE):
        raise ExportError(
            f"{rule}: no such rule{did_you_mean(str(rule), RULES)}; there are: {', '.join(RULES)}",
            argument="rule",
        )
    return "the knee", lambda losses, rows: rules.knee(losses)


def _like(front: MeasuredFront, record: TrialRecord) -> Rule:
    if record.values is None:
        raise ExportError(
            f"trial {record.number} has no values to be compared with", argument="like"
        )
    own, cost = front.position(record), _losses_of(front, COST)
    others = [j for j, name in enumerate(front.objectives.names) if name != COST]

    def take(losses: Floats, rows: Rows) -> int:
        wanted = front.plain(front.losses[[own], : losses.shape[1]])[0]
        good = (losses <= wanted) | front.equal(own, rows)
        able = np.flatnonzero(good[:, others].all(axis=1))
        if not len(able):
            raise ExportError(
                f"no trial that meets the conditions is as good as trial {record.number}",
                argument="like",
            )
        score = _column(front, COST, cost, losses, rows)[able]
        return int(able[rules.least(score, losses[able])])

    return take


def _cheapest(score: Floats, losses: Floats, relative: Floats) -> int:
    lowest = int(np.nanargmin(score))
    noise = np.hypot(relative, relative[lowest])  # of the ratio of two costs
    return rules.least(score, losses, within=score[lowest] * noise)


def _column(
    front: MeasuredFront, figure: str, measured: Floats, losses: Floats, rows: Rows
) -> Floats:  # (n,)
    """A figure's losses: those that are given, where it is an objective."""
    names = front.objectives.names
    return losses[:, names.index(figure)] if figure in names else measured[rows]


def _losses_of(front: MeasuredFront, figure: str) -> Floats:  # (k,)
    records = [configuration.record for configuration in front.configurations]
    return loss_column(records, front.objectives, figure)


def _known(front: MeasuredFront, figure: str) -> bool:
    return any(np.isfinite(trial_figure(c.trials[0], figure)) for c in front.configurations)


def _expected(
    front: MeasuredFront, chosen: int, where: Sequence[str], take: Rule
) -> dict[str, float]:
    """The objectives of the chosen one without the luck of having been chosen."""
    names, m = front.objectives.names, len(front.objectives.names)
    conditions = [Condition.parse_where(text) for text in where]
    drawn = [c for c in conditions if c.name in front.columns]
    rest = [text for text, c in zip(where, conditions, strict=True) if c not in drawn]
    bounds = front.bounds([*front.objectives.constraints, *drawn])
    records = [configuration.record for configuration in front.configurations]
    passing = {record.number for record in filtered(records, rest)}
    near = possible_members(front.losses, front.errors, m, bounds)
    near &= np.array([r.number in passing for r in records], dtype=bool)
    rows = np.flatnonzero(near)

    def pick(losses: Floats) -> int | None:
        able = np.flatnonzero(kept(losses, bounds))
        able = able[nondominated(losses[able, :m])] if len(able) else able
        if not len(able):
            return None
        try:
            return int(able[take(front.plain(losses[able, :m]), rows[able])])
        except ExportError:  # nothing is as good in this draw
            return None

    luck = expected_shrinkage(front.losses[rows], front.errors[rows], pick)[:m]
    expected = front.plain(front.losses[[chosen], :m] + luck)[0]
    values = front.objectives.from_minimised(expected)
    return {name: float(value) for name, value in zip(names, values, strict=True)}
