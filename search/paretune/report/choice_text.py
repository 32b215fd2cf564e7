"""A choice in words: by which rule, what it is expected to be, what its neighbours would take."""

from __future__ import annotations

from paretune.front.choice import FrontChoice
from paretune.front.neighbours import Neighbour
from paretune.report.labels import number
from paretune.report.wording import counted

_LEAST_SHARE = 0.1  # of a standard error: a smaller shrinkage is not worth a word


def choice_lines(choice: FrontChoice) -> list[str]:
    """A line each: the rule, the expected shrinkage, the neighbours."""
    kept = counted(choice.among, "configuration")
    among = f", among {kept} within the bounds" if choice.expected else ""
    likely = f"{choice.point.membership:.0%} likely to be truly on the front"
    return [
        f"chosen: {choice.rule}{among}; {likely}",
        *shrinkage_lines(choice),
        *(neighbour_line(choice, neighbour) for neighbour in choice.neighbours),
    ]


def shrinkage_lines(choice: FrontChoice) -> list[str]:
    """What measuring anew is expected to give, where that is worse than what was measured."""
    lines = []
    for name, expected in choice.expected.items():
        figure = choice.point.figures[name]
        luck = abs(expected - figure.value)
        if figure.standard_error and luck >= _LEAST_SHARE * figure.standard_error:
            lines.append(
                f"measured anew, {name} is expected to be {number(expected)} rather than "
                f"{number(figure.value)}: the best of many is also the luckiest"
            )
    return lines


def neighbour_line(choice: FrontChoice, neighbour: Neighbour) -> str:
    """'accuracy 0.9861 instead of 0.9806 (trial 12) would take gpu_seconds 8.100, not 5.170'."""
    own, other = choice.point.values, neighbour.point.values
    name = neighbour.objective
    better = f"{name} {number(other[name])} instead of {number(own[name])}"
    taken = ", ".join(f"{n} {number(other[n])}, not {number(own[n])}" for n in neighbour.worse)
    said = f"{better} (trial {neighbour.point.number})"
    return f"{said} would take {taken}" if taken else f"{said} costs nothing that can be told"
