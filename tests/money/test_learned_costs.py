"""What a running study has learnt of costs: from its newest trials, anew when some have ended."""

from pathlib import Path

import fabricated
from fabricated import Made
from paretune.measure.devices import CPU_KIND, Device
from paretune.money import learned_costs
from paretune.money.learned_costs import LearnedCosts, observations
from paretune.study.storage.load_study import load_study
from paretune.trial.outcome import Status

TRIALS = (
    Made(seconds=1.0),
    Made(seconds=2.0),
    Made(status=Status.DIVERGED, model=None),
    Made(seconds=3.0),
)


def loaded(url: str, folder: Path):
    fabricated.fabricate(url, folder, TRIALS)
    return load_study("digits", url)


def test_the_newest_trials_teach_in_order(storage_url, tmp_path, monkeypatch):
    """Of more than can be learnt from the oldest are left out; a failure takes no place."""
    study = loaded(storage_url, tmp_path)
    assert [o.order for o in observations(study.records, study.spec)] == [0, 1, 3]
    monkeypatch.setattr(learned_costs, "LEARNED", 2)
    newest = observations(study.records, study.spec)
    assert [(o.order, o.phases["train"]) for o in newest] == [(1, 2.0), (3, 3.0)]


def test_what_a_predictor_knows_does_not_grow_for_ever(storage_url, tmp_path, monkeypatch):
    """It is fitted anew as trials end, and the trials it has seen are taken in once."""
    study = loaded(storage_url, tmp_path)
    monkeypatch.setattr(learned_costs, "LEARNED", 2)
    costs = LearnedCosts(study.spec, [Device("cpu:0", CPU_KIND)])
    for known in (1, 2, 4, 4):
        costs.update(study.records[:known])
        assert costs.predictor.observations == min(known, 2)
    assert costs.predictor.now == 4.0


def test_a_price_is_the_prediction_without_its_figures(storage_url, tmp_path, monkeypatch):
    """To the last digit; no model of sizes or memory is asked for it."""
    study = loaded(storage_url, tmp_path)
    costs = LearnedCosts(study.spec, [Device("cpu:0", CPU_KIND)])
    configuration = study.spec.configure(study.records[0].params)
    assert costs.price(configuration) is None  # a guess is no price
    costs.update(study.records)
    expected = costs.predict(configuration)
    assert "model_kib" in expected.figures
    assert expected.spent is not None
    monkeypatch.setattr(costs.predictor, "figures", {"model_kib": None})  # not to be asked
    assert costs.price(configuration) == expected.spent.mean
