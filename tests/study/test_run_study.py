"""Whole studies on a trainable without a framework: budgets, baselines, resuming, halting."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading

import optuna
import pytest
from contracts.executor import alive
from optuna.trial import TrialState
from other_driver import driver_of
from paretune.errors import SpecError, StorageError, StudyError, StudyHalted, TrainableError
from paretune.study.drivers.sessions import DriverSession
from paretune.study.observer import Silent
from paretune.study.run_study import run_study
from paretune.study.storage.load_study import load_study
from paretune.study.storage.open_storage import open_storage
from paretune.study.storage.retry import retry_locked
from paretune.study.storage.storage_address import StorageAddress
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.stored_trials import records
from paretune.trial.outcome import Status
from small_study import SPACE, TESTS, small_spec, write_study

BASELINES = """
[[baseline]]
x = 0.25
[[baseline]]
x = 0.5
gpu_count = 1
"""


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/db/studies.db"


@pytest.fixture
def run(tmp_path, url):
    def run(observer=None, **options):
        spec = small_spec(tmp_path / "study", **options)
        return run_study(spec, storage_url=url, observer=observer or Silent())

    return run


def test_study_to_its_budget(run, url, tmp_path):
    """Every trial is told with its values and its cost; files lie beside the database."""
    summary = run(trials=6)
    assert not summary.interrupted
    assert summary.state.finished == {"completed": 6}
    study = load_study("small", url)
    assert [record.number for record in study.records] == list(range(6))
    for record in study.records:
        assert record.values["accuracy"] == pytest.approx(1 - abs(record.params["x"] - 0.3))
        assert record.spent.gpu_seconds > 0.2
    assert study.folder == tmp_path / "db" / "studies.db.files" / "small"
    assert study.front
    assert study.spent_gpu_seconds == pytest.approx(summary.state.spent_gpu_seconds)
    accuracies = [record.values["accuracy"] for record in study.front]
    assert accuracies == sorted(accuracies, reverse=True)


def test_the_same_command_finishes_the_job(run, url):
    """Totals are the study's: a second call adds nothing, a larger total only the rest."""
    run(trials=4)
    observer = Silent()
    assert run(trials=4, observer=observer).state.finished == {"completed": 4}
    assert "goes on after 4 ended trials" in observer.messages[0]
    assert run(trials=6).state.finished == {"completed": 6}


def test_baselines_run_first_and_are_marked(run, url):
    """Baselines come in their order, what they leave out is filled in, and they stay marked."""
    run(trials=4, more=BASELINES)
    records = load_study("small", url).records
    assert [record.baseline for record in records] == [1, 2, None, None]
    assert [records[0].params["x"], records[1].params["x"]] == [0.25, 0.5]
    assert records[1].params["gpu_count"] == 1


def test_budget_of_gpu_seconds(run, url):
    """The study ends at its GPU-seconds, and a trial that would break them is not started."""
    summary = run(trials=500, gpu_seconds=2.5)
    assert 1.0 < summary.state.spent_gpu_seconds <= 2.6
    assert "GPU-seconds" in summary.reason


def test_failing_alike_halts(run, url):
    """When the first trials all fail for one reason the study stops and names it."""
    with pytest.raises(StudyHalted, match=r"failed alike: RuntimeError: no file number .*log\.txt"):
        run(trainable="fails_always", trials=30)
    assert 3 <= len(load_study("small", url).records) <= 5


def test_metric_that_is_never_reported(run, url):
    """An objective that the trainable does not report ends the study at once, naming both."""
    with pytest.raises(StudyHalted, match=r"did not report size; there are: .*accuracy"):
        run(trainable="lacks_size", trials=30)
    assert len(load_study("small", url).records) <= 2


def test_trainable_that_is_not_there(run):
    """A misspelt function is told before any trial."""
    with pytest.raises(TrainableError, match="has no 'staedy'"):
        run(trainable="staedy")


def test_changed_objectives_are_refused(run, tmp_path, url):
    """A study resumed with other objectives is refused, both lists shown."""
    run(trials=2)
    path = write_study(tmp_path / "study", trials=4)
    path.write_text(path.read_text().replace('size = "minimize"', 'gpu_seconds = "minimize"'))
    from paretune.spec.study_spec import StudySpec

    with pytest.raises(StudyError, match=r"size \(minimize\); .*gpu_seconds \(minimize\)"):
        run_study(StudySpec.load(str(path)), storage_url=url, observer=Silent())


def test_wider_space_is_taken_and_narrower_refused(run):
    """Old trials stay valid in a wider range; in a narrower one they do not."""
    run(trials=2)
    observer = Silent()
    assert run(trials=4, high=2.0, observer=observer).state.finished == {"completed": 4}
    assert any("space has changed" in message for message in observer.messages)
    with pytest.raises(StudyError, match="its space has changed"):
        run(trials=6, high=0.5)


def test_new_parameter_with_a_default_is_taken(run, url):
    """A parameter that is added with a default joins the trials that are there."""
    run(trials=2)
    more = SPACE + '\n[pause]\ntype = "float"\nlow = 0.001\nhigh = 0.01\ndefault = 0.01\n'
    run(trials=4, space=more)
    params = [record.params for record in load_study("small", url).records]
    assert [p["pause"] for p in params[:2]] == [0.01, 0.01]
    assert all("pause" in p for p in params[2:])


def test_missing_study_names_those_there_are(run, url):
    """A misspelt study name is answered with the names there are."""
    run(trials=1)
    with pytest.raises(StudyError, match=r"'smal' is not in .*there are: small"):
        load_study("smal", url)


def test_locked_database_is_waited_for(run, url, tmp_path):
    """A database that another process holds for a while costs nothing but time."""
    run(trials=1)
    connection = sqlite3.connect(StorageAddress.of(url).database, check_same_thread=False)
    connection.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(2.0, connection.rollback)
    release.start()
    try:
        assert run(trials=3).state.finished == {"completed": 3}
    finally:
        release.join()
        connection.close()


def test_storage_that_stays_locked_is_an_error():
    """It is not waited for without end, and the message says what is kept."""

    def locked():
        raise optuna.exceptions.StorageInternalError("x") from sqlite3.OperationalError("locked")

    def database_is_locked():
        raise optuna.exceptions.StorageInternalError("database is locked")

    for action in (locked, database_is_locked):
        with pytest.raises(StorageError, match="finished trials are kept"):
            retry_locked(action, seconds=0.0)


class Interrupting(Silent):
    """Sends this process a signal when the second trial has ended."""

    def __init__(self, number):
        super().__init__()
        self.number = number
        self.ended = 0

    def finished(self, record, state):
        self.ended += 1
        if self.ended == 2:
            os.kill(os.getpid(), self.number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_study_ends_cleanly_and_goes_on(run, url, number):
    """Ctrl-C or kill: running trials are marked and billed, and run again in the next call."""
    summary = run(trials=6, observer=Interrupting(number))
    assert summary.interrupted
    records = load_study("small", url).records
    assert {r.status for r in records} <= {Status.COMPLETED, Status.INTERRUPTED}
    interrupted = [r for r in records if r.status is Status.INTERRUPTED]
    again = run(trials=6)
    assert again.state.finished["completed"] == 6
    redone = [r.params for r in load_study("small", url).records if r.status is Status.COMPLETED]
    for record in interrupted:
        assert record.spent.gpu_seconds >= 0
        assert record.params in redone


def test_two_drivers_share_a_study(run, url, tmp_path):
    """Two programs on one storage work on one study, and neither takes the other's trials for
    orphans."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[3])\n"
        "from paretune.spec.study_spec import StudySpec\n"
        "from paretune.study.run_study import run_study\n"
        "from paretune.study.observer import Silent\n"
        "run_study(StudySpec.load(sys.argv[1]), storage_url=sys.argv[2], observer=Silent())"
    )
    path = write_study(tmp_path / "study", trials=12)
    arguments = [sys.executable, "-c", script, str(path), url, str(TESTS)]
    drivers = [subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for driver in drivers:
        assert driver.wait(timeout=120) == 0, driver.stderr.read()
        driver.stderr.close()
        assert not alive(driver.pid)
    records = load_study("small", url).records
    assert {record.status for record in records} == {Status.COMPLETED}
    assert 12 <= len(records) <= 13  # both may take the last one


class Stalling(Silent):
    """A driver that is killed while it asks for a trial: the trial runs, and nobody's name is on
    it."""

    def __init__(self, url):
        super().__init__()
        self.url = url

    def tick(self, state):
        storage = open_storage(self.url)
        optuna.load_study(study_name="small", storage=storage).ask()
        os.kill(os.getpid(), signal.SIGINT)


def test_killed_while_asking(run, url):
    """A trial that its driver was only asking for is settled by the next call."""
    run(trials=2)
    run(trials=4, observer=Stalling(url))
    unmarked = [r.number for r in load_study("small", url).records if r.status is None]
    assert unmarked
    run(trials=4)
    records = load_study("small", url).records
    assert {r.status for r in records if r.number in unmarked} == {Status.INTERRUPTED}
    assert sum(r.status is Status.COMPLETED for r in records) == 4


def test_a_baseline_whose_driver_died_asking_runs(run, url):
    """What a trial was to have is kept, though it had not been given any of it yet."""
    run(trials=1)
    study = load_study("small", url).study
    study.enqueue_trial({"x": 0.3, "gpu_count": 1}, user_attrs={records.BASELINE: 1})
    study.ask()  # and its driver is gone before it asks for `x`
    run(trials=2)
    again = load_study("small", url).records[-1]
    assert again.status is Status.COMPLETED
    assert again.params["x"] == 0.3
    assert again.baseline == 1


def test_more_devices_than_there_are(tmp_path, url):
    """A study that fixes more than a trial can have is refused; a configuration that was asked
    for where there were more is skipped, not run on fewer and recorded as if it were not."""
    greedy = small_spec(tmp_path / "greedy", more="[train]\ngpu_count = 64")
    with pytest.raises(SpecError, match=r"train\.gpu_count is 64"):
        run_study(greedy, storage_url=url, observer=Silent())
    spec = small_spec(tmp_path / "study")
    run_study(spec.with_budget(trials=1), storage_url=url, observer=Silent())
    load_study("small", url).study.enqueue_trial({"x": 0.3, "gpu_count": 2})
    run_study(spec.with_budget(trials=2), storage_url=url, observer=Silent(), devices="1")
    skipped = [r for r in load_study("small", url).records if r.params.get("gpu_count") == 2]
    assert [r.status for r in skipped if r.params["x"] == 0.3] == [Status.SKIPPED]
    assert "needs 2 devices" in skipped[-1].error


def test_asked_for_by_a_living_driver(run, url):
    """A trial without a name on it is left alone while another driver of the study may live."""
    run(trials=2)
    study = load_study("small", url).study
    trial = study.ask()
    with subprocess.Popen(["sleep", "100"]) as process:
        other = driver_of(process.pid)
        DriverSession(StoredStudy(study), other, 1).save()
        run(trials=3)
        assert study.get_trials()[trial.number].state == TrialState.RUNNING
        process.kill()
    run(trials=4)
    assert study.get_trials()[trial.number].state == TrialState.FAIL
