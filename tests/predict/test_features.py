"""A configuration as numbers: what is a logarithm, what is a place, and what plays no part."""

from __future__ import annotations

import math

import numpy as np
import pytest
from any_space import spaces
from hypothesis import given, settings
from hypothesis import strategies as st
from paretune.predict.features import Features, kind_of
from paretune.space.points import draw
from paretune.space.search_space import Space

SPACE = Space.from_json(
    {
        "batch_size": {"type": "int", "low": 16, "high": 256, "log": True},
        "dropout": {"type": "float", "low": 0.0, "high": 0.5},
        "bits": {"choices": [32, 16, 8]},
        "kind": {"choices": ["a", "b"]},
        "extra": {"type": "float", "low": 0.0, "high": 1.0, "when": {"kind": "a"}},
    },
    "test",
)
POINT = {"batch_size": 64, "dropout": 0.25, "bits": 16, "kind": "a", "extra": 1.0}


def test_middles_are_zero():
    """The middle of a logarithmic range, of a plain one, of the logarithms of choices."""
    row = Features(SPACE, 1).row(POINT)
    assert row[:3] == pytest.approx([0.0, 0.0, 0.0])
    assert row[-1] == pytest.approx(0.5)


def test_what_plays_no_part_is_zero():
    """A parameter that is inactive, and one that is not there at all."""
    features = Features(SPACE, 1)
    assert features.row({**POINT, "kind": "b"})[-1] == 0.0
    assert features.row({"kind": "a"})[0] == 0.0


def test_doubling_a_batch_is_a_step_of_one_size():
    """Wherever in the range."""
    features = Features(SPACE, 1)
    rows = [features.row({**POINT, "batch_size": size})[0] for size in (16, 32, 128, 256)]
    assert np.diff(rows)[[0, 2]] == pytest.approx([math.log(2)] * 2)


def test_epochs_begin_cold():
    """With two epochs' worth of start, the second epoch is no doubling."""
    space = Space.from_json({"epochs": {"type": "int", "low": 1, "high": 8}}, "test")
    warm, cold = (Features(space, 1, cold) for cold in (0.0, 2.0))
    steps = [f.row({"epochs": 2})[0] - f.row({"epochs": 1})[0] for f in (warm, cold)]
    assert steps == pytest.approx([math.log(2), math.log(4 / 3)])


def test_priors_know_what_physics_says():
    """Training grows with epochs; a file's size does not, and has no drift."""
    space = Space.from_json({"epochs": {"type": "int", "low": 1, "high": 8}}, "test")
    features = Features(space, 1)
    assert features.prior("training").slopes == pytest.approx([1.0])
    assert features.prior("size").slopes == pytest.approx([0.0])
    assert features.prior("size").drift == 0.0


@pytest.mark.parametrize(
    ("figure", "kind"),
    [
        ("train", "training"),
        ("qat", "training"),
        ("model_kib", "size"),
        ("peak_memory_mib", "memory"),
        ("latency_ms", "figure"),
    ],
)
def test_kinds_of_figures(figure, kind):
    """By the name of a phase or a figure."""
    assert kind_of(figure) == kind


@given(space=spaces(), seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_any_point_of_any_space_is_a_finite_row(space, seed):
    """As wide as there are columns."""
    features = Features(space, 2)
    row = features.row(draw(space, np.random.default_rng(seed), 2))
    assert row.shape == (features.width,)
    assert np.isfinite(row).all()
