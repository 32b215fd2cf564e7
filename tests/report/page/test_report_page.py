"""The page as a whole: complete, self-contained, small, and safe whatever a study holds."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from paretune.errors import ExportError
from paretune.money.ledger import Ledger
from paretune.report.page.report_page import page_of, write_page
from views import Made, View, point, study, usual

HOSTILE = "</script><img src=x onerror=alert(1)>"
COMMAND = ("paretune", "export", "digits")
MIB = 2**20


def page(view: View) -> str:
    ledger = Ledger.of(view.records, view.device_kind, view.spec.prices)
    return page_of(view, ledger, command=COMMAND)


class Parsed(HTMLParser):
    """The page's tags, the text of each script and style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem in self.inline:
            self.inline[self.cdata_elem].append(data)


def test_nothing_comes_from_elsewhere() -> None:
    """No address, no frame, no script but its own, which its policy names by hash."""
    text = page(usual())
    parsed = Parsed(text)
    for tag, attributes in parsed.tags:
        assert tag not in ("iframe", "object", "embed", "link", "img", "base")
        assert not {"src", "srcset", "style"} & attributes.keys()
        assert not [name for name in attributes if name.startswith("on")]
        assert (attributes.get("href") or "#").startswith("#")
    policy = next(a["content"] for t, a in parsed.tags if a.get("http-equiv")) or ""
    assert policy.startswith("default-src 'none'; ")
    _, script = parsed.inline["script"]
    for part in (script, parsed.inline["style"][0]):
        digest = base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_no_name_is_markup() -> None:
    """Parameters, choices, objectives and the study's name may be any text."""
    named = (HOSTILE, "gpu_seconds")
    trials = [
        point(i, 0.9 + i / 100, 2.0 - i, names=named, params={HOSTILE: f"{i}{HOSTILE}", "b": i})
        for i in range(2)
    ]
    view = study(trials, {HOSTILE: "maximize", "gpu_seconds": "minimize"})
    ours, theirs = Parsed(page(usual())), Parsed(page(view))
    assert {tag for tag, _ in theirs.tags} <= {tag for tag, _ in ours.tags}
    assert len(theirs.inline["script"]) == 2
    assert json.loads(theirs.inline["script"][0])["params"][0]["name"] == HOSTILE


@pytest.mark.parametrize(
    "records",
    [
        [],
        [Made(0, None, status=None, feasible=False)],
        [point(0, float("inf"), 1.0, 1.0, 1.0), point(1, 0.95, float("nan"), 1.0, 1.0)],
        [point(0, 0.95, 1.0, 1.0, 1.0)],
        [point(i, 0.95, 1.0, 1.0, 1.0 + i) for i in range(4)],
        [point(0, 0.1, 1.0, 1.0, 1.0, feasible=False)],
    ],
    ids=["nothing", "running", "no numbers", "one trial", "constant", "none feasible"],
)
def test_odd_studies_have_a_page(records: list[Made]) -> None:
    """Every part of it is there, or hidden where it would be empty."""
    text = page(study(records))
    assert not re.search(r"\$[a-z_]+", text.split("<style>")[0])
    assert json.loads(Parsed(text).inline["script"][0])["number"] is not None
    assert ('<section id="choose" aria-labelledby="choose-title" hidden>' in text) == (
        not study(records).front
    )


def test_a_large_study_is_a_small_page() -> None:
    """Five thousand trials with ten parameters each, three hundred on the front: below 2 MiB."""
    params = {f"parameter_{j}": 0.1 * j for j in range(8)}
    trials = [
        point(
            i, 0.9 + (i % 300) / 1e4, 1.0 + (i % 300) + i // 300, 100.0 + i % 7, 50.0,
            params={**params, "learning_rate": 0.1 / (i + 1), "bits": i % 4},
        )
        for i in range(5000)
    ]  # fmt: skip
    assert len(page(study(trials)).encode()) < 2 * MIB


def test_it_is_written_where_it_was_asked_for(tmp_path: Path) -> None:
    """Folders are made; another ending is refused before anything is written."""
    view = usual()
    ledger = Ledger.of(view.records, view.device_kind, view.spec.prices)
    write_page(view, ledger, tmp_path / "new" / "r.html", command=COMMAND)
    assert (tmp_path / "new" / "r.html").read_text().startswith("<!DOCTYPE html>")
    with pytest.raises(ExportError, match=r"r\.pdf: the ending says what to write: \.html"):
        write_page(view, ledger, tmp_path / "r.pdf", command=COMMAND)
