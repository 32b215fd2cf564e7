"""kill -9 at random moments, again and again: nothing that was paid for is lost.

Each round starts the program, kills one of its processes at a random moment, and starts it
again; at the end the study must be complete, every device-second in its ledger, every stage in
the store whole, and no process left.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from paretune.execute.warm_client import OWNER_VARIABLE
from paretune.stages.stage_store import StageStore
from paretune.study.storage.load_study import load_study
from paretune.study.storage.storage_address import StorageAddress
from paretune.trial.outcome import Status

EXAMPLES = Path(__file__).parents[2] / "examples"
ROUNDS = 30
DRIVER = """
import sys
from paretune.spec.study_spec import StudySpec
from paretune.study.observer import Silent
from paretune.study.run_study import run_study
spec = StudySpec.load(sys.argv[1], ["budget.trials=" + sys.argv[3], "sampler.seed=1"])
run_study(spec, storage_url=sys.argv[2], observer=Silent())
"""


def ours():
    """Every process that a driver of this test has started."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(OWNER_VARIABLE) and process.environ().get("PARETUNE_KILLS"):
                found.append(process)
        except psutil.Error:
            continue
    return [process for process in found if process.status() != psutil.STATUS_ZOMBIE]


def victims(driver):
    """The driver, its warm parent, and the trials, by name."""
    children = psutil.Process(driver.pid).children()
    warm = [
        child for child in children if "paretune.worker.warm_parent" in " ".join(child.cmdline())
    ]
    trials = [trial for parent in warm for trial in parent.children()]
    return {"driver": [psutil.Process(driver.pid)], "warm": warm, "trial": trials}


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_killed_at_random_moments(tmp_path):
    """Thirty kills of the driver, the warm parent and the trials, stages shared all the while."""
    url = f"sqlite:///{tmp_path}/studies.db"
    chance = random.Random(0)
    environment = {**os.environ, "PARETUNE_KILLS": "1"}
    study_file = str(EXAMPLES / "staged_study.toml")
    kills = {"driver": 0, "warm": 0, "trial": 0}
    trials = 0
    while sum(kills.values()) < ROUNDS:
        trials += 4
        driver = subprocess.Popen(
            [sys.executable, "-c", DRIVER, study_file, url, str(trials)],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        want = chance.choice(["driver", "warm", "trial", "trial"])
        moment = time.monotonic() + chance.uniform(0.2, 3.0)
        while driver.poll() is None:
            if time.monotonic() >= moment:
                try:
                    found = victims(driver)[want]
                    if found:
                        found[0].kill()
                        kills[want] += 1
                        moment = time.monotonic() + chance.uniform(0.2, 1.0)
                        want = chance.choice(["driver", "warm", "trial"])
                except psutil.Error:
                    pass  # it has just ended by itself
            time.sleep(0.005)
        error = driver.stderr.read()
        driver.stderr.close()
        assert driver.returncode in (0, -signal.SIGKILL), error
    driver = subprocess.run(
        [sys.executable, "-c", DRIVER, study_file, url, str(trials)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert driver.returncode == 0, driver.stderr
    assert not ours()
    study = load_study("staged-digits", url)
    statuses = [record.status for record in study.records]
    assert None not in statuses, "a trial is still marked as running"
    assert set(statuses) <= {Status.COMPLETED, Status.INTERRUPTED}
    assert statuses.count(Status.COMPLETED) >= trials
    assert min(kills.values()) > 0
    for record in study.records:
        if record.status is Status.COMPLETED:
            assert record.cost.gpu_seconds > 0
            assert record.values is not None
        paid = sum(cost.gpu_seconds for cost in record.phases.values())
        assert record.spent.gpu_seconds >= paid - 1e-9  # and what was lost with earlier attempts
    ledger = sum(record.spent.gpu_seconds for record in study.records)
    assert study.spent_gpu_seconds == pytest.approx(ledger)
    store = StageStore(StorageAddress.of(url).stages_folder)
    entries = store.entries()
    assert entries
    for entry in entries:
        assert store.get(entry.key) is not None, f"corrupt: {entry.folder}"
        assert not store.is_computed_elsewhere(entry.key)


@pytest.mark.faults
def test_full_disk(tmp_path):
    """On a disk that is full trials fail with that reason, and the study stops and says so; with
    room again it goes on."""
    mount = tmp_path / "disk"
    mount.mkdir()
    made = subprocess.run(
        # Room for three trials and for as much of the write-ahead log as SQLite lets grow.
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(mount)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"mounting a small tmpfs is not allowed here: {made.stderr.strip()}")
    try:
        url = f"sqlite:///{mount}/studies.db"
        arguments = [sys.executable, "-c", DRIVER, str(EXAMPLES / "staged_study.toml"), url]
        first = subprocess.run([*arguments, "3"], capture_output=True, text=True, check=False)
        assert first.returncode == 0, first.stderr
        filler = mount / "filler"
        with open(filler, "wb") as file:
            try:
                while True:
                    file.write(b"\0" * 65536)
                    file.flush()
            except OSError:
                pass
        full = subprocess.run([*arguments, "12"], capture_output=True, text=True, check=False)
        assert full.returncode != 0
        told = full.stderr.strip().splitlines()[-1]
        assert "full" in told or "No space left" in told or "disk" in told, full.stderr
        filler.unlink()
        again = subprocess.run([*arguments, "12"], capture_output=True, text=True, check=False)
        assert again.returncode == 0, again.stderr
        study = load_study("staged-digits", url)
        completed = [r for r in study.records if r.status is Status.COMPLETED]
        assert len(completed) >= 3
        assert [r.number for r in completed][:3] == [0, 1, 2]
    finally:
        subprocess.run(["umount", "-l", str(mount)], check=False)
