"""The words of the page."""

from __future__ import annotations

import math
from xml.etree.ElementTree import Element

import pytest
from paretune.front.measured_front import measure_front
from paretune.money.ledger import Ledger
from paretune.predict.prediction_score import PredictionScore
from paretune.report.page import sections
from paretune.report.page.markup import rendered
from paretune.trial.outcome import Status
from views import Made, View, point, study, usual


def text_of(parts: list[Element]) -> str:
    return " ".join(" ".join("".join(part.itertext()) for part in parts).split())


def found(view: View) -> list[Element]:
    return sections.found(view, measure_front(view.records, view.spec.objectives))


def sure(view: View, scores: dict[str, PredictionScore]) -> str:
    measured = measure_front(view.records, view.spec.objectives)
    return text_of(sections.sure(view, measured, scores))


def test_what_cannot_be_told_apart_is_one_point() -> None:
    """The lead counts both; a share of so many images tells a difference from its noise."""
    trials = [
        point(i, 0.95 + i / 1000, cost, 100.0, 100.0, validation_images=359, params={"a": i})
        for i, cost in enumerate((10.0, 10.1, 20.0))
    ]
    view = study(trials)
    assert len(view.front) == 3
    assert "; 2 points that the noise can tell apart." in text_of(found(view))
    text = sure(view, {})
    assert "accuracy: standard error 0.011 to 0.012; 359 validation images" in text
    assert "core-seconds: standard error 0.3 to 0.6; assumed: 3 %." in text
    assert "of 2 points of the front are sure" in text


def test_what_was_found_comes_in_words() -> None:
    """How many of how many, what replaces a baseline, and the front's ranges."""
    text = text_of(found(usual()))
    assert "3 configurations of 6 trials that no other one beats in every objective." in text
    assert "Nothing found is as good as baseline 1 (accuracy 0.9800) for less." in text
    assert "core-seconds: 3.000 to 100.0" in text


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], "No trial has ended yet."),
        ([Made(0, None, status=None, feasible=False)], "No trial has ended yet."),
        (
            [Made(i, None, status=Status.STOPPED, feasible=False) for i in range(3)],
            "None of 3 trials has completed: there is no front.",
        ),
        ([point(0, 0.1, 1.0, 1.0, 1.0, feasible=False)], "No trial keeps accuracy >= 0.85"),
        ([point(0, 0.95, 1.0, 1.0, 1.0)], "1 configuration of 1 trial that no other one beats"),
        (
            [point(0, 0.95, math.inf, 1.0, 1.0), point(1, 0.92, 1.0, 1.0, 1.0)],
            "1 configuration of 2 trials",
        ),
    ],
)
def test_odd_studies_are_told_as_they_are(records: list[Made], expected: str) -> None:
    """Nothing yet, only stopped trials, none within the constraints, one trial, a figure of inf."""
    assert expected in text_of(found(study(records)))


def test_what_was_asked() -> None:
    """Objectives, constraints, budget, device and every parameter's values."""
    text = text_of(sections.asked(usual()))
    assert "more accuracy, less gpu_seconds" in text
    assert "accuracy >= 0.85" in text
    assert "80 trials, 600 core-seconds" in text
    assert "learning_rate" in text
    assert "momentum" in text


def test_what_it_took() -> None:
    """Totals, failures, and each bar as wide as its share."""
    view = usual()
    ledger = Ledger.of(view.records, view.device_kind, view.spec.prices)
    parts = sections.paid(view, ledger)
    text = text_of(parts)
    assert "1 trial ended as out of memory" in text
    assert "Spent 30.00 core-seconds on 6 trials" in text
    assert 'width="83.33%"' in rendered(parts)  # five of six trials completed


def test_how_sure() -> None:
    """How good predictions were, as far as there were any."""
    score = {"spent_gpu_seconds": PredictionScore(12, 0.071, 0.83)}
    text = sure(usual(), score)
    assert (
        "core-seconds paid by a trial: predicted before the trial ran with a mean error of 7%"
        in text
    )
    assert "83% of 12 trials lay inside" in text
    assert "predicted" not in sure(usual(), {})
