"""The front as the page's table: a choice a row, baselines that are not on it below."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from paretune.report import RecordedStudy
from paretune.report.labels import axis_label, common, number, settings
from paretune.report.page.markup import element
from paretune.report.panels import groups_of
from paretune.trial.record import TrialRecord


def front_table(study: RecordedStudy) -> Element:
    """Rows by the first objective, best first; the page's script sorts, dims and marks them."""
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
        element("th", "configuration", scope="col"),
    ]
    body = element("tbody", id="front")
    for record in study.front:
        body.append(_row(record, objectives.names, settings(record.params, shared), chosen=True))
    outside = element("tbody", id="beside")
    for record in others:
        outside.append(
            _row(record, objectives.names, settings(record.params, shared), chosen=False)
        )
    note = f"All: {', '.join(settings(shared))}." if shared else ""
    return element(
        "div",
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


def _row(
    record: TrialRecord, names: Sequence[str], about: Sequence[str], *, chosen: bool
) -> Element:
    values = record.values or {}
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
        *(element("td", number(values[figure])) for figure in names),
        element("td", ", ".join(about), class_="words"),
        data_number=record.number,
        class_=None if record.baseline is None else "baseline",
    )


def _sortable(label: str, key: str, order: str) -> Element:
    return element(
        "th",
        element("button", label, type="button", data_key=key, data_order=order),
        scope="col",
    )


def _first(direction: str) -> str:
    return "descending" if direction == "maximize" else "ascending"
