"""Labels of a picture do not overlap."""

from __future__ import annotations

import random

import numpy as np
import pytest
from matplotlib.text import Text
from paretune.report.label_places import Label, overlap, place
from paretune.report.picture import figure_of
from views import point, study


def boxes(texts: list[Text]) -> np.ndarray:
    return np.array([text.get_window_extent().extents for text in texts]).reshape(-1, 4)


@pytest.mark.parametrize("spread", [0.001, 0.09])
def test_labels_of_a_crowded_front_lie_apart(spread: float) -> None:
    """No two touch and none leaves its panel; what has no room is left out, baselines never."""
    chance = random.Random(3)
    trials = [
        point(i, 0.9 + spread * i / 60, *(1.0 + i / 20 + chance.random() / 9 for _ in range(3)))
        for i in range(60)
    ]
    trials += [point(60 + k, 0.9, 3.0, 3.0, 3.0 + k, baseline=k + 1) for k in range(2)]
    figure = figure_of(study(trials))
    for ax in figure.axes:
        found = boxes(list(ax.texts))
        names = {text.get_text() for text in ax.texts}
        assert {"baseline 1", "baseline 2"} <= names
        assert len(names) > 4
        frame = np.array(ax.get_window_extent().extents)
        for i, box in enumerate(found):
            assert overlap(box, np.delete(found, i, axis=0)) < 1
            assert overlap(box, frame[None]) == pytest.approx((box[2:] - box[:2]).prod())


def test_a_label_covers_no_point_and_no_line() -> None:
    """It goes to the side of its point that is free; without one it is left out."""
    from paretune.report.front_figure import FrontFigure

    def placed(points: list[tuple[float, float]], *, needed: bool = False) -> list[Text]:
        ax = FrontFigure(4.0, 3.0).subplots()
        ax.set(xlim=(0, 1), ylim=(0, 1))
        ax.figure.draw_without_rendering()
        label = Label((0.5, 0.5), "12345", "black", needed)
        place(ax, [label], points, [(0.0, 0.56), (0.5, 0.56)])
        return list(ax.texts)

    (free,) = placed([(0.5, 0.5)])
    assert free.get_horizontalalignment() == "left"  # the line runs on the left
    around = [(0.5 + x / 50, 0.5 + y / 50) for x in range(-9, 10) for y in range(-9, 10)]
    assert placed(around) == []
    assert len(placed(around, needed=True)) == 1
