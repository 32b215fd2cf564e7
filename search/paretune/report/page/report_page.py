"""The page put together: the template, its styles and scripts, the words and the data.

Nothing of it comes from elsewhere, and nothing that a name or a choice says can run: text is put in
as text, and the page's own policy allows no script, style or request but what is in it here.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from string import Template

from paretune import __version__
from paretune.front.measured_front import measure_front
from paretune.money.ledger import Ledger
from paretune.predict import prediction_score
from paretune.report import RecordedStudy
from paretune.report.output_file import check_ending, write
from paretune.report.page import front_rows, sections
from paretune.report.page.markup import embedded_json, rendered
from paretune.report.page.page_data import MOST_DRAWN, page_data
from paretune.report.panels import groups_of
from paretune.text import visible

_ASSETS = files("paretune.report.page") / "assets"
_STYLES = ("page.css", "charts.css", "print.css")
_SCRIPTS = (
    *("helpers.js", "choice.js", "state.js", "controls.js", "chosen.js", "table.js"),
    *("chart.js", "panels.js", "charts.js", "main.js"),
)
_HIDDEN = "hidden"


def write_page(
    study: RecordedStudy,
    ledger: Ledger,
    path: Path,
    *,
    command: Sequence[str],
) -> None:
    """Write the report to `path`. Raises ExportError where it cannot be written."""
    check_ending(path, (".html",))
    text = page_of(study, ledger, command=command)
    write(path, lambda file: file.write_text(text, encoding="utf-8"))


def page_of(
    study: RecordedStudy,
    ledger: Ledger,
    *,
    command: Sequence[str],
) -> str:
    """The report as HTML.

    Args:
        study: What is reported.
        ledger: Of the same study.
        command: The start of a command that exports from it, `("paretune", "export", NAME)`, and
            the options that it always needs.
    """
    rows = prediction_score.rows(study.records)
    measured = measure_front(study.records, study.spec.objectives)
    groups = groups_of(study)
    style, script = _joined(_STYLES), f'"use strict";\n(() => {{\n{_joined(_SCRIPTS)}}})();\n'
    has_values = bool(groups.front or groups.dominated or groups.outside)
    return Template((_ASSETS / "page.html").read_text(encoding="utf-8")).substitute(
        policy=f"style-src {_hash(style)}; script-src {_hash(script)}",
        title=html.escape(visible(study.spec.name)),
        style=style,
        script=script,
        choice_hidden="" if study.front else _HIDDEN,
        pictures_hidden="" if has_values else _HIDDEN,
        drawn=_left_out(len(groups.dominated) + len(groups.outside)),
        found=rendered(sections.found(study, measured)),
        table=rendered([front_rows.front_table(study, measured)]),
        asked=rendered(sections.asked(study)),
        paid=rendered(sections.paid(study, ledger)),
        sure=rendered(sections.sure(study, measured, prediction_score.scores(rows))),
        made=f"Made by paretune {__version__}.",
        data=embedded_json(page_data(study, measured, rows, command)),
    )


def _left_out(others: int) -> str:
    if others <= MOST_DRAWN:
        return ""
    return f"Of {others:,} trials that are not on the front, {MOST_DRAWN:,} are drawn. "


def _joined(names: Sequence[str]) -> str:
    return "\n".join((_ASSETS / name).read_text(encoding="utf-8") for name in names)


def _hash(text: str) -> str:
    """Of an inline style or script, as a Content-Security-Policy names it."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
