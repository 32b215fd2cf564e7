"""What the rest of a budget still buys, and a sampler that is kept to it."""

from __future__ import annotations

import math

import optuna
import pytest
from optuna.samplers import RandomSampler
from paretune.money.budget import BudgetRules, Committed
from paretune.spec.study_spec import Budget
from paretune.study.spending.affordable import Affordable
from paretune.study.steering.affordable_sampler import AffordableSampler
from paretune.trial.prediction import Basis, Estimate, Prediction
from small_study import small_spec

SPACE = """
[kind]
choices = ["short", "long"]
[epochs]
type = "float"
low = 1.0
high = 100.0
log = true
when = { kind = "long" }
"""


class Money:
    """A configuration costs its epochs; so much is left, and trials have paid 50 on average."""

    def __init__(self, left, limit=1000.0):
        self.rest, self.limit = left, limit
        self.rules = BudgetRules(Budget(gpu_seconds=limit))
        self.predictor = object()
        self.asked = 0

    def predict(self, configuration, planned):
        self.asked += 1
        seconds = configuration.params.get("epochs", 5.0)
        return Prediction({"spent_gpu_seconds": Estimate(math.log(seconds), 0.0)}, Basis.LEARNED, 9)

    def objection(self, prediction):
        return self.rules.objection(prediction, Committed((self.limit or 0.0) - self.rest))

    def free(self):
        return self.rest

    def mean_paid(self):
        return 50.0


@pytest.fixture
def affordable(tmp_path):
    def make(left, limit=1000.0, **options):
        spec = small_spec(tmp_path, space=SPACE)
        return Affordable(spec, 2, Money(left, limit), lambda configuration: (), **options)

    return make


def suggested(affordable, trials=30, seed=3):
    """What a random sampler suggests under it, and what it would have suggested."""
    found = []
    for wrapped in (True, False):
        sampler = RandomSampler(seed=seed)
        study = optuna.create_study(
            sampler=AffordableSampler(sampler, affordable) if wrapped else sampler
        )
        asked = [affordable.spec.space.suggest(study.ask(), 2) for _ in range(trials)]
        found.append(asked)
    return found


def test_while_all_fits_a_sampler_suggests_what_it_would_anyway(affordable):
    """Trial for trial, with a budget and without one."""
    for left, limit in ((500.0, 1000.0), (0.0, None)):
        kept, free = suggested(affordable(left, limit))
        assert kept == free


def test_near_the_end_only_what_fits_is_suggested(affordable):
    """Other kinds and shorter trainings, as long as there is one."""
    kept, free = suggested(affordable(6.0))
    assert all(point.get("epochs", 5.0) <= 6.0 for point in kept)
    assert any(point.get("epochs", 5.0) > 6.0 for point in free)


def test_what_was_put_in_line_stays_as_it_is(affordable):
    """Its parameters were fixed beforehand: nothing is looked for in its place."""
    made = affordable(6.0)
    study = optuna.create_study(sampler=AffordableSampler(RandomSampler(0), made))
    study.enqueue_trial({"kind": "long", "epochs": 90.0})
    assert made.spec.space.suggest(study.ask(), 2) == {"kind": "long", "epochs": 90.0}


def test_too_little_buys_nothing(affordable):
    """Less than the cheapest costs; and that is not searched for again and again."""
    made = affordable(0.5)
    assert made.buys_nothing()
    asked = made._treasury.asked
    assert made.buys_nothing()
    assert made._treasury.asked == asked
    assert not affordable(6.0).buys_nothing()
    assert not affordable(0.5, None).buys_nothing()


def test_what_part_has_run_of_may_fit_where_nothing_else_does(affordable):
    """What is cheaper than its like is among the candidates, unless it has run."""
    cheap = {"kind": "long", "epochs": 0.4}
    assert affordable(0.5, cheap=lambda: [cheap]).find() == cheap
    assert affordable(0.5, cheap=lambda: [cheap], known=lambda: [cheap]).find() is None


def test_enough_for_several_trials_is_not_searched(affordable):
    """Then something fits, and nothing is predicted to find that out."""
    made = affordable(500.0)
    assert not made.buys_nothing()
    assert made._treasury.asked == 0


def test_a_guess_fits(affordable):
    """Before anything is known only the limit itself holds."""
    made = affordable(0.5)
    made._treasury.predict = lambda configuration, planned: Prediction(
        {"spent_gpu_seconds": Estimate(3.0, 2.0)}, Basis.GUESSED
    )
    assert made.fits({"kind": "short"})
