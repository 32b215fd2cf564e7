"""From trials to predictions: on known laws, with stages in the store, memory, first guesses."""

from __future__ import annotations

import math
from dataclasses import replace

import cost_laws as laws
import numpy as np
import pytest
from cost_laws import CNN
from paretune.predict.predictor import Ahead, Predictor
from paretune.trial.prediction import Observation, Prediction

FRESH = laws.trials(60, seed=99, noise=0.0)


def errors(predictor, figure, truth):
    return [abs(predictor.predict(o.params).figures[figure].median / truth(o) - 1) for o in FRESH]


def whole(observation):
    return sum(observation.phases.values())


@pytest.mark.parametrize("seed", range(3))
def test_fifteen_trials_predict_the_rest(seed):
    """GPU-seconds within 20 % and memory within 15 % on average, after fifteen random trials."""
    predictor = Predictor.learn(CNN, 2, laws.trials(15, seed))
    assert np.mean(errors(predictor, "gpu_seconds", whole)) < 0.20
    assert np.mean(errors(predictor, "peak_memory_mib", lambda o: laws.memory(o.params))) < 0.15


def test_sizes_are_known_after_fifteen_trials():
    """A file is its framing and its weights: its size is predicted within 2 % on average."""
    predictor = Predictor.learn(CNN, 2, laws.trials(15))
    assert np.mean(errors(predictor, "model_kib", lambda o: laws.kib(o.params))) < 0.02


def test_small_files_after_two_large_ones():
    """Two baselines of the full width tell no floor: a small network's file is not taken to be
    nearly as large, and the interval knows how little that is."""
    first, second = laws.trials(2)
    full = {**first.params, "width": 1.0, "bits": 32, "sparsity": 0.0}
    size = {"model_kib": laws.kib(full)}
    two = [
        replace(trial, params={**full, "epochs": epochs}, figures={**trial.figures, **size})
        for trial, epochs in ((first, 5), (second, 8))
    ]
    small = {**full, "width": 0.375, "bits": 8}
    estimate = Predictor.learn(CNN, 2, two).predict(small).figures["model_kib"]
    assert laws.kib(small) / 2 < estimate.median < laws.kib(small) * 2
    assert estimate.low < laws.kib(small) < estimate.high


def test_intervals_cover():
    """Of fresh trials with the same noise about 80 % lie inside, over several studies."""
    inside = []
    for seed in range(6):
        predictor = Predictor.learn(CNN, 2, laws.trials(20, seed))
        for trial in laws.trials(30, seed=50 + seed):
            estimate = predictor.predict(trial.params).figures["gpu_seconds"]
            inside.append(estimate.low <= whole(trial) <= estimate.high)
    assert 0.7 < np.mean(inside) < 0.98


def test_stored_training_is_not_paid_again():
    """With training and pruning in the store only compression and overhead are predicted."""
    predictor = Predictor.learn(CNN, 2, laws.trials(20))
    params = {**FRESH[0].params, "bits": 4, "sparsity": 0.5}
    ahead = Ahead({"train": 0.0, "prune": 0.0, "convert": 0.0, "quantize": 1.0})
    prediction = predictor.predict(params, ahead)
    assert prediction.figures["spent_gpu_seconds"].median < 4
    assert prediction.figures["gpu_seconds"].median == pytest.approx(
        predictor.predict(params).figures["gpu_seconds"].median
    )
    assert set(prediction.parts) == {"quantize", "overhead"}


def test_a_training_that_goes_on_pays_its_rest():
    """From four of eight epochs on half of the training is left."""
    predictor = Predictor.learn(CNN, 2, laws.trials(20))
    params = {**FRESH[0].params, "epochs": 8, "bits": 32, "sparsity": 0.0}
    whole_way = predictor.predict(params, Ahead({"train": 1.0, "convert": 1.0}))
    half_way = predictor.predict(params, Ahead({"train": 0.5, "convert": 1.0}))
    assert half_way.parts["train"].median == pytest.approx(whole_way.parts["train"].median / 2)


def test_phases_are_known_from_the_parameters():
    """Without a plan: no pruning at sparsity 0, no quantization at 32 bits."""
    predictor = Predictor.learn(CNN, 2, laws.trials(40))
    params = dict(FRESH[0].params)
    assert set(predictor.by_phase({**params, "sparsity": 0.0, "bits": 32})) == {"train", "convert"}
    assert "prune" in predictor.by_phase({**params, "sparsity": 0.05, "bits": 32})
    assert "quantize" in predictor.by_phase({**params, "sparsity": 0.0, "bits": 8})


def short_of_memory(observation, capacity):
    """The trial, ended where its memory met the limit."""
    if laws.memory(observation.params) <= capacity:
        return observation
    figures = {"peak_memory_mib": 0.97 * capacity}
    return Observation(
        observation.params, {}, figures=figures, order=observation.order, out_of_memory=True
    )


def test_out_of_memory_teaches():
    """After trials that ran out of memory larger ones are known not to fit, smaller ones to fit."""
    capacity = 200.0
    seen = [short_of_memory(o, capacity) for o in laws.trials(25, seed=3)]
    assert any(o.out_of_memory for o in seen)
    predictor = Predictor.learn(CNN, 2, seen)
    assert predictor.capacity_mib <= capacity
    big = {**FRESH[0].params, "batch_size": 512, "width": 1.0}
    small = {**FRESH[0].params, "batch_size": 64, "width": 0.5}
    assert predictor.chance_of_fitting(predictor.predict(big)) < 0.2
    assert predictor.chance_of_fitting(predictor.predict(small)) > 0.9
    for trial in (o for o in seen if o.out_of_memory):
        assert predictor.chance_of_fitting(predictor.predict(trial.params)) < 0.5


def test_without_trouble_everything_fits():
    """Nothing is held to need too much memory before anything has run out of it."""
    predictor = Predictor.learn(CNN, 2, laws.trials(10))
    assert predictor.chance_of_fitting(predictor.predict(FRESH[0].params)) == 1.0


def test_before_any_trial_it_is_a_guess_and_says_so():
    """The first prediction is wide, grows with epochs, and is marked as guessed or as counted."""
    predictor = Predictor.learn(CNN, 2, [])
    params = dict(FRESH[0].params)
    few, many = (predictor.predict({**params, "epochs": n}) for n in (1, 8))
    assert few.basis == "guessed"
    assert few.figures["gpu_seconds"].high > 5 * few.figures["gpu_seconds"].low
    assert many.figures["gpu_seconds"].median > 4 * few.figures["gpu_seconds"].median
    counts = {"parameters": 93_322, "multiply_adds": 2.8e6, "examples": 1_000}
    counted = predictor.predict(params, counts=counts)
    assert counted.basis == "counted"
    assert counted.figures["model_kib"].median == pytest.approx(93_322 * params["bits"] / 8192 + 4)


def test_trials_that_share_a_training_count_it_once():
    """Four bit-widths of one training are one measurement of its cost, not four."""
    trial = laws.trials(1)[0]
    family = [
        Observation({**trial.params, "bits": bits}, trial.phases, order=bits)
        for bits in (32, 16, 8, 4)
    ]
    assert len(Predictor.learn(CNN, 2, family).phases["train"].line.residuals) == 1


def test_predictor_goes_on_from_an_earlier_one():
    """Learning again from a few more trials keeps what was found, and agrees with a fresh fit."""
    trials = laws.trials(21)
    first = Predictor.learn(CNN, 2, trials[:20])
    second = Predictor.learn(CNN, 2, trials, before=first)
    fresh = Predictor.learn(CNN, 2, trials)
    estimates = [p.predict(FRESH[0].params).figures["gpu_seconds"] for p in (second, fresh)]
    assert estimates[0].log_mean == pytest.approx(estimates[1].log_mean, abs=0.05)


def test_prediction_survives_json():
    """What is stored before the trial runs is what is read when it is judged."""
    prediction = Predictor.learn(CNN, 2, laws.trials(8)).predict(FRESH[0].params)
    again = Prediction.from_json(prediction.to_json())
    assert again == prediction
    assert math.isclose(again.figures["gpu_seconds"].low, prediction.figures["gpu_seconds"].low)


def test_memory_is_learnt_trial_by_trial():
    """Going on from one fit to the next ends where a fresh fit does, also after a bad beginning."""
    seen = [short_of_memory(o, 150.0) for o in laws.trials(25, seed=3)]
    seen.sort(key=lambda o: not o.out_of_memory)  # first all that failed: the worst order
    seen = [replace(o, order=i) for i, o in enumerate(seen)]
    predictor = None
    for n in range(1, len(seen) + 1):
        predictor = Predictor.learn(CNN, 2, seen[:n], before=predictor)
    big = {**FRESH[0].params, "batch_size": 512, "width": 1.0}
    assert predictor.chance_of_fitting(predictor.predict(big)) < 0.3
