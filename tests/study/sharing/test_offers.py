"""Offers: what a training that has been paid makes cheap, found by the keys of its stages."""

from __future__ import annotations

from types import SimpleNamespace

from paretune.space.search_space import Space
from paretune.stages.stage_keys import Link, Origin, chain_keys
from paretune.study.sharing.offers import EACH, Offers

SPACE = Space.from_json(
    {
        "lr": {"type": "float", "low": 0.1, "high": 1.0},
        "epochs": {"type": "int", "low": 1, "high": 4},
        "schedule": {"choices": ["constant", "cosine"]},
        "sparsity": {"type": "float", "low": 0.0, "high": 0.9, "step": 0.1},
        "bits": {"choices": [32, 8, 4]},
    },
    "test",
)
OWN = {"lr": 0.37, "epochs": 2, "schedule": "constant", "sparsity": 0.0, "bits": 32}


def plan(params):
    """Train on lr, epochs and schedule; then prune, then quantize."""
    trained = {name: params[name] for name in ("lr", "epochs", "schedule")}
    prefix = "epochs" if params["schedule"] == "constant" else None
    links = [Link("train", trained, prefix=prefix)]
    if params["sparsity"] > 0:
        links.append(Link("prune", {"sparsity": params["sparsity"]}))
    links.append(Link("quantize", {"bits": params["bits"]}))
    return chain_keys(Origin.nowhere(), links)


def price(params, planned):
    return float(len(planned))


def learnt(**changes):
    offers = Offers(SPACE, 2, plan, price)
    offers.learn(SimpleNamespace(params={**OWN, **changes}))
    return [offer.params for offer in offers.current(None)]


def test_what_shares_the_training_is_offered():
    """Every other sparsity and bit-width of it, and longer trainings that go on from it."""
    found = learnt()
    same = [p for p in found if p["epochs"] == 2]
    assert len(same) == 10 * 3 - 1
    assert all((p["lr"], p["schedule"]) == (0.37, "constant") for p in found)
    assert {p["epochs"] for p in found} == {2, 3, 4}
    assert OWN not in found


def test_a_schedule_without_prefixes_offers_no_longer_training():
    """Three epochs of a cosine are no part of four."""
    assert {p["epochs"] for p in learnt(schedule="cosine")} == {2}


def test_a_training_is_learnt_once_and_offered_at_its_price():
    """A second trial of the same training adds nothing; another one its own."""
    offers = Offers(SPACE, 2, plan, price)
    for changes in ({}, {"bits": 8}, {"sparsity": 0.5}):
        offers.learn(SimpleNamespace(params={**OWN, **changes}))
    found = offers.current(None)
    params = [tuple(offer.params.items()) for offer in found]
    assert len(params) == len(set(params))
    assert all(offer.cost == (2.0 if offer.params["sparsity"] == 0 else 3.0) for offer in found)
    offers.learn(SimpleNamespace(params={**OWN, "lr": 0.9}))
    assert len(offers.current(None)) == 2 * len(found)


def test_nothing_is_offered_before_its_price_is_known():
    """A guess would make everything look cheap or dear."""
    offers = Offers(SPACE, 2, plan, lambda params, planned: None)
    offers.learn(SimpleNamespace(params=OWN))
    assert offers.current(None) == []


def test_there_is_a_limit():
    """Of many points a draw."""
    fine = SPACE.to_json() | {"sparsity": {"type": "float", "low": 0.0, "high": 0.9, "step": 0.01}}
    offers = Offers(Space.from_json(fine, "fine"), 2, plan, price)
    offers.learn(SimpleNamespace(params={**OWN, "schedule": "cosine"}))
    assert EACH // 2 < len(offers.current(None)) <= EACH


def test_many_fine_parameters_are_not_multiplied_out():
    """Eight parameters of a million steps each: as many offers as of one, in a moment."""
    fine = SPACE.to_json() | {
        f"p{i}": {"type": "float", "low": 0.0, "high": 1.0, "step": 1e-6} for i in range(8)
    }
    own = {**OWN, "schedule": "cosine", **{f"p{i}": 0.5 for i in range(8)}}

    def trained(params):
        links = [Link("train", {"lr": params["lr"]}), Link("finish", {**params})]
        return chain_keys(Origin.nowhere(), links)

    offers = Offers(Space.from_json(fine, "fine"), 2, trained, price)
    offers.learn(SimpleNamespace(params=own))
    assert EACH // 2 < len(offers.current(None)) <= EACH
