"""A point of the front in a table: figures with their standard errors, membership, who is alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from paretune.front.measured import Measured
from paretune.front.measured_front import FrontPoint, MeasuredFront
from paretune.pareto.objectives import is_ratio
from paretune.report.labels import number

_LISTED = 8  # trials alike that are named


def figure_cell(figure: str, measured: Measured) -> str:
    """'0.9806 ±0.008', '5.170 ±3%': one standard error; none of what is exact or not known."""
    error = measured.standard_error
    if not error:
        return number(measured.value)
    if is_ratio(figure) and measured.value:
        return f"{number(measured.value)} ±{100 * error / abs(measured.value):.1g}%"
    return f"{number(measured.value)} ±{error:.1g}"


def membership_cell(point: FrontPoint) -> str:
    """'86%': how likely the point is truly non-dominated; never 100 for what is only likely."""
    if point.membership >= 1:
        return "100%"
    return f"{min(round(100 * point.membership), 99)}%"


def alike_remark(point: FrontPoint) -> str | None:
    """'and 4 more that differ by less than the noise: 3, 7, 9, 12'; None where there are none."""
    if not point.alike:
        return None
    named = ", ".join(str(record.number) for record in point.alike[:_LISTED])
    more = ", ..." if len(point.alike) > _LISTED else ""
    verb = "differs" if len(point.alike) == 1 else "differ"
    return f"and {len(point.alike)} more that {verb} by less than the noise: {named}{more}"


def noise_note(front: MeasuredFront, points: Sequence[FrontPoint]) -> list[str]:
    """What the columns mean, and what the standard errors rest on."""
    if not points:
        return []
    notes = ["±: one standard error"] if _has_errors(points) else []
    sources = _sources(points)
    unknown = [name for name, source in sources.items() if source.startswith("not known")]
    told = [f"{n} {source}" for n, source in sources.items() if n not in (*unknown, *_exact(front))]
    notes += [f"it rests on: {'; '.join(told)}"] if told else []
    if unknown:
        names = ", ".join(unknown)
        notes.append(f"how far {names} varies is not known: [replicate] with other seeds tells")
    notes.append(
        "on front: how likely it is that nothing is truly at least as good in every objective"
    )
    return notes


def _has_errors(points: Sequence[FrontPoint]) -> bool:
    return any(figure.standard_error for point in points for figure in point.figures.values())


def _exact(front: MeasuredFront) -> list[str]:
    return [noise.figure for noise in front.noises if noise.source == "exact"]


def _sources(points: Sequence[FrontPoint]) -> Mapping[str, str]:
    """By objective, as of the first point; what differs from point to point is in the JSON."""
    return {name: figure.source for name, figure in points[0].figures.items()}
