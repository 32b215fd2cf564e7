"""The front as the page's table."""

from __future__ import annotations

from paretune.report.page.front_rows import front_table
from paretune.report.page.markup import rendered
from views import point, study, usual


def test_every_member_can_be_taken_and_every_column_sorted() -> None:
    """A button a row, named; a button a heading, with the way that puts the best first."""
    made = front_table(usual())
    radios = [node for node in made.iter("input") if node.get("type") == "radio"]
    assert [radio.get("value") for radio in radios] == ["0", "1", "2"]
    assert radios[0].get("aria-label") == "take trial 0"
    orders = {b.get("data-key"): b.get("data-order") for b in made.iter("button")}
    assert orders["accuracy"] == "descending"
    assert orders["gpu_seconds"] == "ascending"


def test_what_all_share_is_said_once() -> None:
    """A row has what it differs in."""
    text = rendered([front_table(usual())])
    assert text.count("adam") == 1
    assert "bits 32" in text


def test_a_baseline_beside_the_front_is_shown_below_it() -> None:
    """It cannot be taken for a member."""
    made = front_table(
        study([point(0, 0.95, 9.0, 9.0, 9.0, baseline=2), point(1, 0.96, 1.0, 1.0, 1.0)])
    )
    beside = next(part for part in made.iter("tbody") if part.get("id") == "beside")
    assert "0 (baseline 2)" in rendered([beside])
    assert not list(beside.iter("input"))
