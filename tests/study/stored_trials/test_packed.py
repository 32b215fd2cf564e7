"""What is packed for the storage is unpacked to the same, and is small."""

import json
import math
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.measure import Measurement
from paretune.study.stored_trials.packed import (
    pack_curve,
    pack_outcome,
    pack_prediction,
    packed_gpu_seconds,
    unpack_curve,
    unpack_outcome,
    unpack_prediction,
)
from paretune.trial.outcome import Outcome, Status
from paretune.trial.prediction import Estimate, Prediction

_amounts = st.floats(0, 1e7).map(lambda value: round(value, 6))
_costs = st.builds(
    Measurement,
    wall_seconds=_amounts,
    gpu_seconds=_amounts,
    **{field.name: st.none() | _amounts for field in fields(Measurement)[2:]},
)
_phases = st.dictionaries(st.sampled_from(["start", "train", "prune"]), _costs)
_outcomes = st.builds(
    Outcome,
    status=st.sampled_from(Status),
    metrics=st.dictionaries(st.text(max_size=5), st.floats(allow_nan=False)),
    notes=st.dictionaries(st.text(max_size=5), st.lists(st.integers())),
    phases=_phases,
    reused=_phases,
    error=st.none() | st.text(min_size=1),
    attempts=st.integers(1, 3),
    lost=st.none() | _costs,
)


@given(_outcomes)
def test_an_outcome_comes_back(outcome):
    """Every status, phase, note and figure, what could not be measured still None."""
    packed = json.loads(json.dumps(pack_outcome(outcome)))
    found = unpack_outcome(packed)
    assert found == outcome
    assert found.cost == outcome.cost
    for one in (found, outcome):  # to the last digit
        assert one.cost_gpu_seconds == outcome.cost.gpu_seconds
        assert one.spent_gpu_seconds == outcome.spent.gpu_seconds
    whole = [*outcome.phases.values(), *outcome.reused.values()]
    whole += [] if outcome.lost is None else [outcome.lost]
    assert packed_gpu_seconds(packed) == pytest.approx(sum(cost.gpu_seconds for cost in whole))


def test_measurements_are_kept_to_the_microsecond():
    """What is told and what is read later are one figure: packing twice changes nothing more."""
    outcome = Outcome(Status.COMPLETED, phases={"train": Measurement(gpu_seconds=math.pi)})
    once = unpack_outcome(pack_outcome(outcome))
    assert once.phases["train"].gpu_seconds == 3.141593
    assert unpack_outcome(pack_outcome(once)) == once


def test_figures_that_are_equal_are_kept_once():
    """On one device, and on CPU cores, all memory is one figure."""
    same = Measurement(1.0, 2.0, peak_memory_mib=30.5, total_memory_mib=30.5)
    (row,) = pack_outcome(Outcome(Status.COMPLETED, phases={"train": same}))["phases"].values()
    assert row == [1.0, 2.0, 30.5]
    nothing = Outcome(Status.FAILED, phases={"start": Measurement()})
    assert unpack_outcome(pack_outcome(nothing)) == nothing


def test_a_prediction_comes_back():
    """To five digits of a logarithm, which is ten times more than anybody is shown."""
    figures = {"gpu_seconds": Estimate(1.23456789, 0.1), "peak_memory_mib": Estimate(4.0, 0.25)}
    made = Prediction(figures, "learned", 12, {"train": Estimate(-1.0, 0.5)})
    found = unpack_prediction(json.loads(json.dumps(pack_prediction(made))))
    assert (found.basis, found.observations, found.parts) == ("learned", 12, made.parts)
    assert found.figures["gpu_seconds"].median == pytest.approx(figures["gpu_seconds"].median, 1e-5)


def test_a_curve_comes_back():
    """Point by point, in order; of none, none."""
    points = [{"accuracy": 0.1 * n, "loss": 3.0 / (n + 1)} for n in range(5)]
    found = unpack_curve(json.loads(json.dumps(pack_curve(points))))
    for point, expected in zip(found, points, strict=True):
        assert point == pytest.approx(expected, rel=1e-4)
    assert unpack_curve(pack_curve([])) == []
    uneven = [{"accuracy": 0.5}, {"loss": 1.0}, {"accuracy": 0.75, "loss": 0.5}]
    assert unpack_curve(pack_curve(uneven)) == uneven


def test_a_trial_of_seven_phases_is_small():
    """What a bundled network's trial leaves takes one kilobyte, its prediction included."""
    cost = Measurement(0.1234567, 0.1234567, None, 0.1234567, 90.4296875, 90.4296875, 90.4296875)
    names = ("start", "data", "setup", "train", "prune", "store", "evaluate")
    metrics = dict.fromkeys(["accuracy", "loss", "model_kib", "latency_ms"], 0.9577777777777777)
    outcome = Outcome(Status.COMPLETED, metrics, phases=dict.fromkeys(names, cost))
    estimates = dict.fromkeys([*names, "peak_memory_mib"], Estimate(4.101944260795214, 1.8050307))
    prediction = Prediction(estimates, "learned", 100, estimates)
    sizes = [len(json.dumps(pack_outcome(outcome))), len(json.dumps(pack_prediction(prediction)))]
    assert sum(sizes) < 1024
