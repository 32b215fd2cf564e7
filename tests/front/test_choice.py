from __future__ import annotations

import numpy as np
import pytest
from made_records import record
from paretune.errors import ExportError
from paretune.front.choice import choose, chosen_by_name
from paretune.front.measured_front import MeasuredFront, measure_front
from paretune.inputs.conditions import Condition
from paretune.pareto.objectives import Objectives
from paretune.trial.record import TrialRecord

OBJECTIVES = Objectives(
    ("accuracy", "gpu_seconds"), ("maximize", "minimize"), (Condition("accuracy", ">=", 0.5),)
)


def trial(number: int, accuracy: float, seconds: float, **rest: object) -> TrialRecord:
    values = {"accuracy": accuracy, "gpu_seconds": seconds}
    images = {"validation_images": 10_000, **rest}
    return record(number, values, train=seconds, **images)  # type: ignore[arg-type]


TRIALS = [trial(0, 0.99, 100.0), trial(1, 0.98, 20.0), trial(2, 0.96, 15.0), trial(3, 0.9, 10.0)]


def front(*more: TrialRecord) -> MeasuredFront:
    return measure_front([*TRIALS, *more], OBJECTIVES)


def sized(*kib: float) -> MeasuredFront:
    trials = [
        trial(t.number, *(t.values or {}).values(), metrics={**(t.values or {}), "model_kib": k})
        for t, k in zip(TRIALS, kib, strict=True)
    ]
    return measure_front(trials, OBJECTIVES)


def test_every_rule_chooses_and_says_what_it_is() -> None:
    """In words for people; without a rule it is the knee."""
    found = {
        choice.rule: choice.record.number
        for choice in (
            choose(front()),
            choose(front(), rule="cheapest"),
            choose(sized(9.0, 8.0, 3.0, 8.0), rule="smallest"),
            choose(front(), best="accuracy"),
            choose(front(), weights={"gpu_seconds": 1.0}),
            choose(front(), like=TRIALS[1]),
            chosen_by_name(front(), TRIALS[2]),
        )
    }
    assert found == {
        "the knee": 1,
        "the cheapest": 3,
        "the smallest in model_kib": 2,
        "the best in accuracy": 0,
        "the best by the weights gpu_seconds 1": 3,
        "the cheapest that is at least as good as trial 1": 1,
        "trial 2 by name": 2,
    }


def test_like_takes_what_is_as_good_within_the_noise() -> None:
    """A baseline off the front: 0.9795 at 19 s is no worse than 0.98, 0.96 is."""
    baseline = trial(9, 0.98, 60.0, baseline=1)
    as_good = trial(4, 0.9795, 19.0)
    choice = choose(front(baseline, as_good), like=baseline)
    assert choice.record.number == 4
    alone = choose(front(baseline), like=baseline, where=["gpu_seconds >= 50"])
    assert alone.record.number == 9
    with pytest.raises(ExportError, match="as good as trial 9"):
        choose(front(baseline), like=baseline, where=["gpu_seconds <= 16"])


def test_the_cheapest_is_the_better_of_those_that_cost_the_same() -> None:
    """A difference of 1 % in cost is none; of 20 % it is one."""
    same, dearer = trial(4, 0.93, 10.1), trial(5, 0.94, 12.0)
    assert choose(front(same, dearer), rule="cheapest").record.number == 4


@pytest.mark.parametrize(
    ("where", "best", "number"),
    [
        (["accuracy >= 0.97"], "gpu_seconds", 1),
        (["accuracy > 0.98"], "gpu_seconds", 0),
        (["gpu_seconds <= 15"], "accuracy", 2),
        (["gpu_seconds < 15", "bits <= 8"], "accuracy", 4),
    ],
)
def test_conditions_narrow_the_choice(where: list[str], best: str, number: int) -> None:
    """Each sign; what only filtered-out trials dominate is chosen from as well."""
    eight = trial(4, 0.85, 12.0, params={"bits": 8})
    assert choose(front(eight), best=best, where=where).record.number == number


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"where": ["accuracy"]}, "where 'accuracy' is no condition"),
        ({"where": ["acuracy >= 1"]}, "no trial has acuracy (did you mean accuracy?)"),
        (
            {"where": ["accuracy >= 0.999"]},
            "where 'accuracy >= 0.999': no trial fulfils it; "
            "the front has accuracy from 0.9 to 0.99",
        ),
        ({"rule": "kne"}, "kne: no such rule (did you mean knee?)"),
        ({"rule": "smallest"}, "no trial says how large its file is"),
        ({"best": "acuracy"}, "no trial has it (did you mean accuracy?)"),
        ({"weights": {"acuracy": 1.0}}, "acuracy: not an objective"),
    ],
)
def test_a_choice_that_cannot_be_made_is_explained(wanted: dict[str, object], message: str) -> None:
    """Syntax, unknown figures and bounds out of reach each have their own line."""
    with pytest.raises(ExportError) as caught:
        choose(front(), **wanted)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_an_empty_front_and_a_figure_without_direction_are_explained() -> None:
    """Nothing to choose from; and nothing that tells which way is better."""
    broken = measure_front([trial(0, 0.1, 1.0, feasible=False)], OBJECTIVES)
    with pytest.raises(ExportError, match="the front is empty"):
        choose(broken)
    scored = {"accuracy": 0.9, "gpu_seconds": 1.0, "f1": 1.0}
    with pytest.raises(ExportError, match="more or less of it is better"):
        choose(measure_front([trial(0, 0.9, 1.0, metrics=scored)], OBJECTIVES), best="f1")


def test_the_best_of_many_is_expected_to_lose() -> None:
    """Forty equal configurations measured on 359 images: the luckiest is expected to come back to
    the others; a bound that it is just above flatters as well; one that is named does not.
    """
    hits = np.random.default_rng(0).binomial(359, 0.95, 40) / 359
    trials = [trial(n, float(a), 10.0, validation_images=359) for n, a in enumerate(hits)]
    many = measure_front(trials, OBJECTIVES)
    choice = choose(many, best="accuracy")
    assert choice.point.values["accuracy"] > 0.965
    assert choice.expected["accuracy"] == pytest.approx(0.95, abs=0.01)
    assert choice.among == 40
    above = choose(many, rule="cheapest", where=["accuracy >= 0.96"])
    assert above.expected["accuracy"] < above.point.values["accuracy"]
    assert chosen_by_name(many, trials[0]).expected == {}
