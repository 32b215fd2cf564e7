"""The front as the page's table: a choice a row, baselines that are not on it below."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from paretune.front.measured import Measured
from paretune.front.measured_front import MeasuredFront
from paretune.report import RecordedStudy
from paretune.report.labels import axis_label, common, number, settings
from paretune.report.page.markup import element
from paretune.report.page.page_data import leaders
from paretune.report.panels import groups_of
from paretune.report.wording import counted
from paretune.trial.record import TrialRecord

_MEMBERSHIP = "membership"  # what table.js sorts by
_NAMED = 6  # alike configurations that are named


def front_table(study: RecordedStudy, measured: MeasuredFront) -> Element:
    """Rows by the first objective, best first; the page's script sorts, dims and marks them.

    What cannot be told from another member says so, and can be left out.
    """
    objectives = study.spec.objectives
    members = {record.number for record in study.front}
    others = [r for r in groups_of(study).baselines if r.number not in members]
    shared = common([record.params for record in (*study.front, *others)])
    heads = [
        element("th", "take", scope="col"),
        _sortable("trial", "number", "ascending"),
        *(
            _sortable(axis_label(name, study.device_kind), name, _first(objectives.by_name[name]))
            for name in objectives.names
        ),
        _sortable("on the front", _MEMBERSHIP, "descending"),
        element("th", "configuration", scope="col"),
    ]
    points = {point.number: point for point in measured.points}
    led = leaders(study, measured)
    body = element("tbody", id="front")
    for record in study.front:
        about = [", ".join(settings(record.params, shared))]
        if record.number in points and points[record.number].alike:
            others_alike = ", ".join(str(r.number) for r in points[record.number].alike[:_NAMED])
            more = len(points[record.number].alike) - _NAMED
            about.append(f"alike: {others_alike}{f' and {more} more' if more > 0 else ''}")
        body.append(_row(record, measured, about, leader=led.get(record.number)))
    outside = element("tbody", id="beside")
    for record in others:
        about = [", ".join(settings(record.params, shared))]
        outside.append(_row(record, measured, about, chosen=False))
    note = f"All: {', '.join(settings(shared))}." if shared else ""
    return element(
        "div",
        _grouping(len(led)),
        element(
            "div",
            element(
                "table",
                element(
                    "caption",
                    "The front, and baselines that are not on it. A heading sorts; take a row by "
                    "its button.",
                ),
                element("thead", element("tr", *heads)),
                body,
                outside,
            ),
            class_="wide",
            role="region",
            aria_label="The front as a table",
            tabindex="0",
        ),
        element("p", note, class_="note") if note else None,
    )


def _grouping(alike: int) -> Element | None:
    """A switch for members that the noise cannot tell from another one."""
    if not alike:
        return None
    switch = element("input", type="checkbox", id="grouped", checked="", autocomplete="off")
    text = f" leave out {counted(alike, 'member')} that the noise cannot tell from a likelier one"
    return element("p", element("label", switch, text), class_="switch")


def _row(
    record: TrialRecord,
    measured: MeasuredFront,
    about: Sequence[str],
    *,
    chosen: bool = True,
    leader: int | None = None,
) -> Element:
    share = measured.memberships.get(record.number, 0.0)
    name = str(record.number)
    name += "" if record.baseline is None else f" (baseline {record.baseline})"
    take: Element | str = "-"
    if chosen:
        take = element(
            "input",
            type="radio",
            name="take",
            value=record.number,
            aria_label=f"take trial {record.number}",
            autocomplete="off",
        )
    return element(
        "tr",
        element("td", take),
        element("th", name, scope="row"),
        *(_figure(figure) for figure in measured.figures(record).values()),
        element("td", f"{share:.0%}"),
        element("td", *(element("div", text) for text in about), class_="words"),
        data_number=record.number,
        data_membership=f"{share:.4f}",
        data_leader=leader,
        class_=None if record.baseline is None else "baseline",
    )


def _figure(figure: Measured) -> Element:
    """Its value, and below it the standard error, where there is one."""
    error = figure.standard_error
    note = element("span", f"\u00b1 {error:.2g}", class_="note") if error else ""
    return element("td", number(figure.value), note)


def _sortable(label: str, key: str, order: str) -> Element:
    return element(
        "th",
        element("button", label, type="button", data_key=key, data_order=order),
        scope="col",
    )


def _first(direction: str) -> str:
    return "descending" if direction == "maximize" else "ascending"
