"""What the page's scripts get."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from paretune.front.measured_front import measure_front
from paretune.predict.prediction_score import PredictionRow
from paretune.report.page.page_data import DOMINATED, FRONT, MOST_DRAWN, OUTSIDE, drawn, page_data
from paretune.trial.prediction import Basis, Estimate
from views import Made, View, point, study, usual

COMMAND = ("paretune", "export", "digits")


def data_of(view: View, rows: list[PredictionRow] | None = None) -> dict[str, Any]:
    measured = measure_front(view.records, view.spec.objectives)
    return dict(
        json.loads(json.dumps(page_data(view, measured, rows or [], COMMAND), allow_nan=False))
    )


def test_trials_are_columns() -> None:
    """Number, kind, figures and parameters of each; trials without values are left out."""
    data = data_of(usual())
    assert data["number"] == [0, 1, 2, 3, 4]
    assert data["kind"] == [FRONT, FRONT, FRONT, DOMINATED, OUTSIDE]
    assert data["baseline"] == [1, None, None, None, None]
    assert data["values"][1] == [100.0, 10.0, 3.0, 20.0, 1.0]
    bits = {"name": "bits", "known": [32, 8, 4, 16, 2], "which": [0, 1, 2, 3, 4]}
    assert bits in data["params"]
    assert [o["more"] for o in data["objectives"]] == [True, False, False, False]
    assert len(data["panels"]) == 3
    accuracy, seconds, *_ = data["intervals"]["1"]
    assert accuracy is None  # nobody said on how many images
    assert seconds[0] < 10.0 < seconds[1]


def test_figures_of_the_front_are_exact() -> None:
    """A bound read off the front includes the point it was read from; other digits are cut."""
    third = 1 / 3 + 0.6
    made = study([point(0, third, 1.0, 1.0, 1.0), point(1, third - 0.01, 2.0, 1.0, 1.0)])
    values = data_of(made)["values"][0]
    assert values == [third, float(f"{third - 0.01:.7g}")]


def test_what_is_no_number_is_null() -> None:
    """An infinite loss, a NaN, a parameter that only some trials have: JSON all the same."""
    made = study(
        [
            point(0, 0.95, 1.0, 1.0, 1.0, params={"a": True, "b": math.inf}),
            point(1, 0.9, math.inf, 1.0, 1.0, params={"a": 1}),
            point(2, math.nan, 1.0, 1.0, 1.0, params={"a": 1.5}),
        ]
    )
    data = data_of(made)
    assert data["values"][1] == [1.0, None, 1.0]
    a, b = data["params"]
    assert (a["known"], a["which"]) == ([True, 1, 1.5], [0, 1, 2])
    assert (b["known"], b["which"]) == ([None], [0, -1, -1])


def test_many_trials_are_thinned_evenly() -> None:
    """The front is whole; of the others so many that a page stays small."""
    others = [point(i, 0.9, 2.0, 2.0, 2.0) for i in range(1, 3 * MOST_DRAWN)]
    kept = drawn(others)
    assert len(kept) == MOST_DRAWN
    assert [kept[0].number, kept[-1].number] == [1, 3 * MOST_DRAWN - 3]
    data = data_of(study([point(0, 0.99, 1.0, 1.0, 1.0), *others]))
    assert len(data["number"]) == MOST_DRAWN + 1
    assert data["kind"].count(FRONT) == 1


def test_predictions_that_were_learned() -> None:
    """By figure, as measured, predicted and interval; guesses are left out."""
    learned = PredictionRow(3, "gpu_seconds", Basis.LEARNED, Estimate.known(2.0), 3.0)
    guessed = PredictionRow(0, "gpu_seconds", Basis.GUESSED, Estimate.known(2.0), 3.0)
    (figure,) = data_of(usual(), [guessed, learned])["predictions"]
    assert figure["label"] == "core-seconds"
    assert figure["points"] == [[3, 3.0, *(pytest.approx(2.0),) * 3]]


@pytest.mark.parametrize("records", [[], [Made(0, None, status=None, feasible=False)]])
def test_nothing_to_show(records: list[Made]) -> None:
    """A study that has nothing yet has data of nothing."""
    data = data_of(study(records))
    assert data["number"] == data["panels"] == data["hypervolume"] == []
