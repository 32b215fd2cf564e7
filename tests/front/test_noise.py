from __future__ import annotations

import math

import pytest
from made_records import record
from paretune.front.measured import wilson_error
from paretune.front.measured_configurations import measured_configurations
from paretune.front.noise import ASSUMED, ASSUMED_FREEDOM, FigureNoise
from paretune.measure import SLOWDOWN


def test_what_is_assumed_gives_way_to_what_was_measured() -> None:
    """Without repeats 3 % is assumed; a hundred repeats that differ by 10 % outweigh that."""
    alone = FigureNoise.fit(
        "gpu_seconds", measured_configurations([record(0, {"gpu_seconds": 1.0})])
    )
    assert (alone.deviation, alone.source) == (ASSUMED["gpu_seconds"], "assumed: 3 %")
    trials = [
        record(2 * i + j, {"gpu_seconds": math.exp(0.1 * j)}, {"x": i})
        for i in range(100)
        for j in range(2)
    ]
    noise = FigureNoise.fit("gpu_seconds", measured_configurations(trials))
    within = 100 * 0.1**2 / 2
    moderated = (ASSUMED_FREEDOM * 0.03**2 + within) / (ASSUMED_FREEDOM + 100)
    assert noise.deviation == pytest.approx(math.sqrt(moderated))
    assert noise.source == "101 repeated measurements"


def test_the_error_of_a_mean_falls_with_repeats() -> None:
    """Four measurements, half the standard error; in the figure's own unit."""
    trials = [record(i, {"gpu_seconds": 8.0}, {}) for i in range(4)]
    (four,) = measured_configurations(trials)
    noise = FigureNoise("gpu_seconds", log=True, deviation=0.1, source="")
    measured = noise.measured(four)
    assert measured.standard_error == pytest.approx(8.0 * 0.05)
    assert measured.measurements == 4


def test_what_was_disturbed_counts_as_noisier() -> None:
    """By how far strangers slow a trial down, measured against the usual."""
    quiet, disturbed = (
        measured_configurations([record(0, {"gpu_seconds": 1.0}, disturbance=share)])[0]
        for share in (0.1, 0.5)
    )
    noise = FigureNoise("gpu_seconds", True, 0.03, "", usual_disturbance=0.1)
    assert noise.error(quiet, 1.0) == pytest.approx(0.03)
    assert noise.error(disturbed, 1.0) == pytest.approx(math.hypot(0.03, 0.4 * SLOWDOWN))
    memory = FigureNoise("peak_memory_mib", True, 0.02, "", usual_disturbance=0.1)
    assert memory.error(disturbed, 1.0) == pytest.approx(0.02)


def test_an_accuracy_has_the_noise_of_its_images_and_of_seeds() -> None:
    """Both add up; a second seed halves the variance of seeds alone."""
    trials = [
        record(i, {"accuracy": a}, {}, seed=i, validation_images=400)
        for i, a in enumerate([0.94, 0.96])
    ]
    (both,), (one,) = measured_configurations(trials), measured_configurations(trials[:1])
    noise = FigureNoise.fit("accuracy", [both])
    assert noise.deviation == pytest.approx(0.01 * math.sqrt(2))
    found = noise.measured(both)
    assert found.value == pytest.approx(0.95)
    assert found.standard_error == pytest.approx(math.hypot(0.01, wilson_error(0.95, 400)))
    assert found.source == "400 validation images, seeds: 2 repeated measurements"
    alone = FigureNoise.fit("accuracy", [one]).measured(one)
    assert alone.standard_error == pytest.approx(wilson_error(0.94, 400))
    assert alone.source == "400 validation images"


def test_nothing_known_is_said() -> None:
    """A user's own figure has no error until two seeds have shown one; a file's size is exact."""
    (one,) = measured_configurations([record(0, {"score": 3.0, "model_kib": 9.0})])
    score = FigureNoise.fit("score", [one]).measured(one)
    assert score.standard_error is None
    assert score.source.startswith("not known")
    assert FigureNoise.fit("model_kib", [one]).measured(one).standard_error == 0.0
