"""kill -9 at random moments, again and again: nothing that was paid for is lost.

Each round starts the program, kills one of its processes at a random moment, and starts it
again; at the end the study must be complete, every device-second in its ledger, every stage in
the store whole, and no process left.
"""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from paretune.execute.owned_processes import OWNER_VARIABLE
from paretune.stages.stage_store import StageStore
from paretune.study.storage.load_study import load_study
from paretune.study.storage.storage_address import StorageAddress
from paretune.trial.outcome import Status

EXAMPLES = Path(__file__).parents[2] / "examples"
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


class Trouble:
    """What befalls a study at random moments: a process of it is killed, its storage is locked."""

    KINDS = ("driver", "warm", "trial", "lock")

    def __init__(self, database: Path, seed: int) -> None:
        self.database = database
        self.chance = random.Random(seed)
        self.happened = dict.fromkeys(self.KINDS, 0)
        self.next = self.chance.sample(self.KINDS, len(self.KINDS))  # each at least once
        self.moment = 0.0
        self._lock: sqlite3.Connection | None = None
        self._locked_until = 0.0

    def plan(self, soonest: float, latest: float) -> None:
        """Choose the next moment, so many seconds from now."""
        self.moment = time.monotonic() + self.chance.uniform(soonest, latest)
        if not self.next:
            self.next = [self.chance.choice(self.KINDS)]

    def strike(self, driver: subprocess.Popen[str]) -> None:
        """If the moment has come, and the victim is there."""
        if self._lock is not None and time.monotonic() >= self._locked_until:
            self.unlock()
        if time.monotonic() < self.moment:
            return
        kind = self.next[0]
        if kind == "lock":
            if self._lock is None and self.database.exists():
                self.lock(self.chance.uniform(0.1, 2.0))
                self._count(kind)
            return
        found = victims(driver)[kind]
        if found:
            found[0].kill()
            self._count(kind)

    def lock(self, seconds: float) -> None:
        """Hold the database, as another program's long transaction does."""
        self._lock = sqlite3.connect(self.database, timeout=0.0, isolation_level=None)
        self._locked_until = time.monotonic() + seconds
        try:
            self._lock.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:  # the study is writing this very moment
            self.unlock()

    def unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
        self._lock = None

    def _count(self, kind: str) -> None:
        self.happened[kind] += 1
        self.next.pop(0)
        self.plan(0.2, 1.0)


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_killed_at_a_few_random_moments(tmp_path):
    """Driver, warm parent and trial are killed once each, and the storage is locked for a while."""
    survive(tmp_path, rounds=4, seed=0)


@pytest.mark.nightly
@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_killed_at_a_hundred_random_moments(tmp_path):
    """The same a hundred times, at other moments each night."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    survive(tmp_path, rounds=100, seed=seed)


def survive(tmp_path, rounds, seed):
    """Go through so many troubles, stages shared all the while, and judge what is left."""
    url = f"sqlite:///{tmp_path}/studies.db"
    environment = {**os.environ, "PARETUNE_KILLS": "1"}
    study_file = str(EXAMPLES / "staged_study.toml")
    trouble = Trouble(tmp_path / "studies.db", seed)
    trials = 0
    while sum(trouble.happened.values()) < rounds:
        trials += 4
        driver = subprocess.Popen(
            [sys.executable, "-c", DRIVER, study_file, url, str(trials)],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        trouble.plan(0.2, 3.0)
        while driver.poll() is None:
            with contextlib.suppress(psutil.Error):  # a victim that has just ended by itself
                trouble.strike(driver)
            time.sleep(0.005)
        trouble.unlock()
        error = driver.stderr.read()
        driver.stderr.close()
        assert driver.returncode in (0, -signal.SIGKILL), error
    last = subprocess.run(
        [sys.executable, "-c", DRIVER, study_file, url, str(trials)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert last.returncode == 0, last.stderr
    assert not ours()
    study = load_study("staged-digits", url)
    statuses = [record.status for record in study.records]
    assert None not in statuses, "a trial is still marked as running"
    assert set(statuses) <= {Status.COMPLETED, Status.INTERRUPTED}
    assert statuses.count(Status.COMPLETED) >= trials
    assert min(trouble.happened.values()) > 0
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
        with store.computing(entry.key):  # would wait for ever if the dead held it
            pass


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
