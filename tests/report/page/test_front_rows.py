"""The front as the page's table."""

from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import Element

from paretune.front.measured_front import measure_front
from paretune.report.page.front_rows import front_table
from paretune.report.page.markup import rendered
from views import View, point, study, usual


def table_of(view: View) -> Element:
    return front_table(view, measure_front(view.records, view.spec.objectives))


def test_what_cannot_be_told_apart_is_marked() -> None:
    """A row names those alike, theirs names it; a switch leaves them out."""
    trials = [
        point(
            i, 0.95 + i / 1000, 10.0 + i / 10, 100.0, 100.0, validation_images=359, params={"a": i}
        )
        for i in range(2)
    ]
    text = rendered([table_of(study(trials))])
    assert "leave out 1 member that the noise cannot tell" in text
    assert text.count("data-leader") == 1
    assert "alike: " in text
    assert "\u00b1 0.011" in text
    assert "leave out" not in rendered([table_of(usual())])


def test_leader_that_is_no_member_hides_nobody() -> None:
    """Means may be led by a trial that the front, of single measurements, does not have."""
    trials = [
        point(
            i, 0.95 + i / 1000, 10.0 + i / 10, 100.0, 100.0, validation_images=359, params={"a": i}
        )
        for i in range(2)
    ]
    view = study(trials)
    measured = measure_front(view.records, view.spec.objectives)
    (leader,) = (found.number for found in measured.points)
    alone = replace(view, front=[record for record in view.front if record.number != leader])
    text = rendered([front_table(alone, measured)])
    assert "leave out" not in text
    assert "data-leader" not in text


def test_every_member_can_be_taken_and_every_column_sorted() -> None:
    """A button a row, named; a button a heading, with the way that puts the best first."""
    made = table_of(usual())
    radios = [node for node in made.iter("input") if node.get("type") == "radio"]
    assert [radio.get("value") for radio in radios] == ["0", "1", "2"]
    assert radios[0].get("aria-label") == "take trial 0"
    orders = {b.get("data-key"): b.get("data-order") for b in made.iter("button")}
    assert orders["accuracy"] == "descending"
    assert orders["gpu_seconds"] == "ascending"


def test_what_all_share_is_said_once() -> None:
    """A row has what it differs in."""
    text = rendered([table_of(usual())])
    assert text.count("adam") == 1
    assert "bits 32" in text


def test_a_baseline_beside_the_front_is_shown_below_it() -> None:
    """It cannot be taken for a member."""
    made = table_of(
        study([point(0, 0.95, 9.0, 9.0, 9.0, baseline=2), point(1, 0.96, 1.0, 1.0, 1.0)])
    )
    beside = next(part for part in made.iter("tbody") if part.get("id") == "beside")
    assert "0 (baseline 2)" in rendered([beside])
    assert not list(beside.iter("input"))
