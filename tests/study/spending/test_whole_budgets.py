"""Whole studies under a budget: no overshoot, a ledger that adds up, memory that is learnt."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from paretune.errors import SearchError
from paretune.money.account import STOPPED_SECONDS
from paretune.study.observer import Silent
from paretune.study.run_study import run_study
from paretune.study.spending.stored_costs import ledger_of
from paretune.study.storage.load_study import load_study
from paretune.trial.files import EXIT, REPORTS
from paretune.trial.outcome import Status
from small_study import SPACE, TESTS, small_spec, write_study

UNEQUAL = SPACE + '\n[pause]\ntype = "float"\nlow = 0.001\nhigh = 0.04\nlog = true\n'
SIZES = SPACE + '\n[size]\ntype = "int"\nlow = 1\nhigh = 60\n'
# From the end of its allowance to a dead process: this long, for each of two devices. However
# long the driver is busy otherwise, it adds nothing.
TOLERANCE = 2 * 0.25
DRIVER = (
    "import sys; sys.path.insert(0, sys.argv[3])\n"
    "from paretune.spec.study_spec import StudySpec\n"
    "from paretune.study.run_study import run_study\n"
    "from paretune.study.observer import Silent\n"
    "spec = StudySpec.load(sys.argv[1]).with_budget(gpu_seconds=float(sys.argv[4]))\n"
    "run_study(spec, storage_url=sys.argv[2], observer=Silent())"
)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/db/studies.db"


def adds_up(url):
    """The ledger's total is the sum of the trials' bills, and its phases are the same seconds."""
    loaded = load_study("small", url)
    ledger = ledger_of(loaded)
    assert ledger.gpu_seconds == sum(record.spent.gpu_seconds for record in loaded.records)
    assert ledger.gpu_seconds == loaded.spent_gpu_seconds
    assert math.isclose(sum(ledger.by_phase.values()), ledger.gpu_seconds, rel_tol=1e-9)
    assert math.isclose(sum(ledger.by_status.values()), ledger.gpu_seconds, rel_tol=1e-9)
    return loaded, ledger


@pytest.mark.parametrize("budget", [1.5, 4.0])
def test_small_budgets_hold(tmp_path, url, budget):
    """With trials of very different cost the study ends at its budget, not beyond it."""
    spec = small_spec(tmp_path / "study", trials=500, space=UNEQUAL)
    summary = run_study(spec.with_budget(gpu_seconds=budget), storage_url=url, observer=Silent())
    _, ledger = adds_up(url)
    assert ledger.gpu_seconds <= budget + TOLERANCE
    assert "GPU-seconds" in summary.reason


def test_predictions_are_stored_before_and_skips_are_told(tmp_path, url):
    """Every trial that ran has its prediction; what is too dear for the rest is no failure."""
    spec = small_spec(tmp_path / "study", trials=500, space=UNEQUAL)
    run_study(spec.with_budget(gpu_seconds=5), storage_url=url, observer=Silent())
    records = load_study("small", url).records
    ran = [r for r in records if r.status is not Status.SKIPPED]
    assert all(r.prediction is not None for r in ran)
    assert {r.prediction.basis for r in ran} == {"guessed", "learned"}
    assert not any(r.status is Status.FAILED for r in records)
    for record in records:
        if record.status is Status.SKIPPED:
            assert "GPU-seconds" in record.error
            assert record.spent.gpu_seconds == 0


def test_dollars_as_objective_and_budget(tmp_path, url):
    """With a price every trial has its dollars, and the study ends at those of its budget."""
    path = write_study(tmp_path / "study", trials=500, more="[prices]\ncpu-core = 3.6\n")
    path.write_text(path.read_text().replace('size = "minimize"', 'dollars = "minimize"'))
    from paretune.spec.study_spec import StudySpec

    spec = StudySpec.load(str(path)).with_budget(dollars=0.002)
    summary = run_study(spec, storage_url=url, observer=Silent())
    loaded, ledger = adds_up(url)
    assert "0.002 dollars" in summary.reason
    assert ledger.dollars == pytest.approx(ledger.gpu_seconds * 0.001)
    assert ledger.dollars <= 0.002 + 0.001 * TOLERANCE
    done = [r for r in loaded.records if r.values is not None]
    assert done
    for record in done:
        assert record.values["dollars"] == pytest.approx(record.cost.gpu_seconds * 0.001)


def test_wall_seconds_as_budget(tmp_path, url):
    """A study with nothing but wall seconds ends after them."""
    spec = small_spec(tmp_path / "study", trials=500)
    summary = run_study(spec.with_budget(wall_seconds=4), storage_url=url, observer=Silent())
    assert "wall-seconds" in summary.reason
    _, ledger = adds_up(url)
    assert 3.0 < ledger.wall_seconds < 30.0


def test_memory_is_learnt(tmp_path, url):
    """After its first out-of-memory trials the study leaves alone what cannot fit, and finds the
    best that does."""
    spec = small_spec(
        tmp_path / "study", trainable="memory_law", trials=30, space=SIZES, sampler="tpe"
    )
    observer = Silent()
    run_study(spec, storage_url=url, observer=observer)
    records = load_study("small", url).records
    short = [r for r in records if r.status is Status.OUT_OF_MEMORY]
    skipped = [r for r in records if r.status is Status.SKIPPED]
    assert short
    assert skipped
    assert all("MiB" in r.error for r in skipped)
    assert any("is skipped" in message for message in observer.messages)
    # What was skipped needed more than there was, or nearly so; most of the rest did fit.
    assert min(r.params["size"] for r in skipped) > 25
    tried_late = [r for r in records if r.status is not Status.SKIPPED][10:]
    assert sum(r.status is Status.OUT_OF_MEMORY for r in tried_late) <= len(tried_late) / 3
    assert max(r.metrics["accuracy"] for r in records if r.values) >= 0.26


def drive(study: Path, url: str, budget: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(study), url, str(TESTS), str(budget)],
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_drivers_share_one_budget(tmp_path, url):
    """Two programs on one storage spend one budget, not two."""
    study = write_study(tmp_path / "study", trials=500, space=UNEQUAL)
    drivers = [drive(study, url, 6) for _ in range(2)]
    for driver in drivers:
        assert driver.wait(timeout=120) == 0, driver.stderr.read()
        driver.stderr.close()
    _, ledger = adds_up(url)
    assert 3.0 < ledger.gpu_seconds <= 6.0 + 2 * TOLERANCE


@pytest.mark.faults
def test_a_stopped_driver_spends_no_more(tmp_path, url):
    """The budget holds although the driver is stopped for as long as it likes, and the trials
    hang in C.
    """
    study = write_study(tmp_path / "study", trainable="hangs_in_c", trials=500)
    driver = drive(study, url, 3)
    deadline = time.monotonic() + 60
    while not list(tmp_path.rglob(REPORTS)):
        assert time.monotonic() < deadline
        assert driver.poll() is None, driver.stderr.read()
        time.sleep(0.05)
    driver.send_signal(signal.SIGSTOP)
    while len(list(tmp_path.rglob(EXIT))) < len(list(tmp_path.rglob(REPORTS))):
        assert time.monotonic() < deadline, "the trials outlive the budget"
        time.sleep(0.05)
    time.sleep(1.0)  # that nobody may bill
    driver.send_signal(signal.SIGCONT)
    assert driver.wait(timeout=120) == 0, driver.stderr.read()
    driver.stderr.close()
    loaded, ledger = adds_up(url)
    assert 2.0 < ledger.gpu_seconds <= 3.0 + TOLERANCE
    ran = [record for record in loaded.records if record.spent.gpu_seconds > 0]
    assert {record.status for record in ran} == {Status.OVER_BUDGET}


@pytest.mark.nightly
@pytest.mark.faults
def test_a_stopped_driver_beside_one_that_works(tmp_path, url):
    """The second counts what the trials of the first may spend, though it is stopped for good."""
    study = write_study(tmp_path / "study", trainable="hangs_in_c", trials=500)
    first = drive(study, url, 30)
    try:
        deadline = time.monotonic() + 120
        while not list(tmp_path.rglob(REPORTS)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        first.send_signal(signal.SIGSTOP)
        time.sleep(STOPPED_SECONDS + 1)  # what it has allowed is more than that
        second = drive(study, url, 36)
        assert second.wait(timeout=300) == 0, second.stderr.read()
        second.stderr.close()
        first.send_signal(signal.SIGCONT)
        assert first.wait(timeout=120) == 0, first.stderr.read()
    finally:
        first.kill()
    first.stderr.close()
    _, ledger = adds_up(url)
    assert 25.0 < ledger.gpu_seconds <= 36.0 + 2 * TOLERANCE


def bills(url):
    """The trials that have ended so far."""
    try:
        return [r for r in load_study("small", url).records if r.status is not None]
    except SearchError:  # the driver has not come that far
        return []


@pytest.mark.faults
def test_the_ledger_survives_a_kill(tmp_path, url):
    """After kill -9 of the driver and a second call every bill is there, and the budget holds."""
    study = write_study(tmp_path / "study", trials=500, space=UNEQUAL)
    first = drive(study, url, 5)
    deadline = time.monotonic() + 60
    while not bills(url):
        assert time.monotonic() < deadline
        assert first.poll() is None, first.stderr.read()
        time.sleep(0.05)
    first.send_signal(signal.SIGKILL)
    first.wait()
    first.stderr.close()
    second = drive(study, url, 5)
    assert second.wait(timeout=120) == 0, second.stderr.read()
    second.stderr.close()
    loaded, ledger = adds_up(url)
    assert ledger.gpu_seconds <= 5.0 + 2 * TOLERANCE
    assert all(record.status is not None for record in loaded.records)
