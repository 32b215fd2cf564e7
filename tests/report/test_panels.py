"""What a picture shows, apart from how it is drawn."""

from __future__ import annotations

from paretune.report.panels import TRIAL, groups_of, panels_of
from views import point, study, usual


def test_each_cost_has_a_panel() -> None:
    """The first objective goes upwards, every other one has a panel of its own."""
    panels = panels_of(usual())
    assert [panel.x.figure for panel in panels] == [
        "gpu_seconds",
        "peak_memory_mib",
        "model_kib_compressed",
    ]
    assert {panel.y.figure for panel in panels} == {"accuracy"}
    assert [panel.x.log for panel in panels] == [True, False, True]  # spans 3-100, 118-160, 20-340


def test_one_objective_is_shown_over_the_trials() -> None:
    """With nothing to trade off, the picture is the search's progress."""
    made = study([point(0, 0.9), point(1, 0.95)], {"accuracy": "maximize"})
    (panel,) = panels_of(made)
    assert (panel.x.figure, panel.x.label) == (TRIAL, "trial")
    assert panel.stairs == ()


def test_the_staircase_joins_who_is_best_in_the_panel() -> None:
    """A member of the front that is beaten in the panel's two objectives is beside the stairs."""
    made = study(
        [
            point(0, 0.98, 100.0, 150.0, 300.0),
            point(1, 0.97, 10.0, 120.0, 80.0),
            point(2, 0.96, 50.0, 110.0, 90.0),  # in the front for its memory alone
        ]
    )
    seconds, memory, _ = panels_of(made)
    assert len(made.front) == 3
    assert seconds.stairs == ((10.0, 0.97), (100.0, 0.98))
    assert memory.stairs == ((110.0, 0.96), (120.0, 0.97), (150.0, 0.98))
    assert [seconds.on_stairs(entry) for entry in made.front] == [True, True, False]


def test_axes_show_the_feasible_trials() -> None:
    """A hopeless trial does not squeeze the front into a corner; it is counted instead."""
    view = usual()
    for panel in panels_of(view):
        assert all(panel.shows(entry) for entry in (*view.front, view.records[3]))
        assert not panel.shows(view.records[4])
    everyone = groups_of(view)
    assert [entry.number for entry in everyone.outside] == [4]
    assert [entry.number for entry in everyone.dominated] == [3]
    assert [entry.number for entry in everyone.baselines] == [0]


def test_log_ticks_are_few_and_plain() -> None:
    """Marks of a log axis lie within it: 1, 2, 5 of a decade, or decades where there are many."""
    seconds = panels_of(usual())[0].x
    assert seconds.ticks == (5.0, 10.0, 20.0, 50.0, 100.0)
    far = study([point(0, 0.9, 0.01, 1.0, 1.0), point(1, 0.99, 100.0, 1.0, 1.0)])
    assert panels_of(far)[0].x.ticks == (0.01, 0.1, 1.0, 10.0, 100.0)


def test_a_cost_of_nothing_has_no_log_axis() -> None:
    """A trial that cost 0 is drawn, which a log scale could not."""
    made = study([point(0, 0.9, 0.0, 1.0, 1.0), point(1, 0.99, 100.0, 1.0, 1.0)])
    assert not panels_of(made)[0].x.log
    assert all(panels_of(made)[0].shows(entry) for entry in made.records)
