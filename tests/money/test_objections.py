"""What speaks against a configuration whatever the budget."""

from __future__ import annotations

import math

import pytest
from paretune.money.objections import limit_objection, memory_objection
from paretune.predict.predictor import MEMORY, Predictor
from paretune.trial.job import Limits
from paretune.trial.prediction import Basis, Estimate, Prediction
from small_study import small_spec


def expects(seconds=1.0, memory=1.0, basis=Basis.LEARNED):
    figures = {
        "spent_gpu_seconds": Estimate(math.log(seconds), 0.1),
        MEMORY: Estimate(math.log(memory), 0.05),
    }
    return Prediction(figures, basis, 10)


@pytest.fixture
def predictor(tmp_path):
    made = Predictor.learn(small_spec(tmp_path).space, 2, [])
    made.capacity_mib = 100.0
    return made


def test_what_does_not_fit_the_memory(predictor):
    """Predicted memory against what there was when a trial ran out of it."""
    objection = memory_objection(expects(memory=150), predictor)
    assert "predicted to need 150 MiB" in objection.reason
    assert not objection.for_budget
    assert memory_objection(expects(memory=80), predictor) is None


def test_what_is_surely_over_its_limit():
    """Only a learnt prediction counts, and only where it is sure."""
    limits = Limits(gpu_seconds=10.0)
    assert "limits.gpu_seconds = 10" in limit_objection(expects(30), limits).reason
    assert limit_objection(expects(10.5), limits) is None
    assert limit_objection(expects(30, basis=Basis.COUNTED), limits) is None
    assert limit_objection(expects(30), Limits()) is None
