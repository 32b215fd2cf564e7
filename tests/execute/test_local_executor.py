"""The local executor: its contract, and what only it has: a warm parent, affinity, kills."""

import os
import signal
from pathlib import Path

import pytest
from contracts.executor import ExecutorContract, alive, outcomes, run_all
from paretune.errors import StudyHalted, TrainableError
from paretune.execute import Progress, local_executor, warm_client
from paretune.execute.local_executor import LocalExecutor, host_kills
from paretune.measure.discovery import discover
from paretune.trial.files import MODEL, OUTCOME
from paretune.trial.job import Job, Limits
from paretune.trial.outcome import Status

TESTS = str(Path(__file__).parent.parent)


@pytest.fixture
def make_executor(tmp_path):
    def make(trainable):
        return LocalExecutor(discover({}), trainable, TESTS, tmp_path / "worker.log")

    return make


class TestLocalExecutor(ExecutorContract):
    def test_data_tables_of_any_size(self, tmp_path):
        """A [data] table larger than a process's arguments may be reaches the trial whole."""
        words = [f"word {position:08}" for position in range(20_000)]
        executor = LocalExecutor(
            discover({}), "faulty:counts_words", TESTS, tmp_path / "log", data={"words": words}
        )
        job = Job(
            number=1,
            trainable="faulty:counts_words",
            params={},
            directory=str(tmp_path / "trial-1"),
            seed=0,
            data={"words": words},
            search_path=TESTS,
        )
        try:
            executor.start(job, 1)
            outcome = outcomes(run_all(executor))[1]
        finally:
            executor.close()
        assert outcome.metrics == {"accuracy": 20_000.0}, outcome.error

    def test_affinity_is_the_lease(self, start, tmp_path):
        """A trial runs on the cores it has leased, and sees no GPU there."""
        executor = start("well_behaved")
        core = int(executor.devices[0].id.removeprefix("cpu:"))
        run_all(executor)
        assert (tmp_path / "trial-1/seen.txt").read_text() == f"[{core}] "

    def test_freed_blocks_are_given_back(self, start):
        """What a trial has freed is not counted as its memory, whatever it freed before."""
        held = self.run(start, "frees_blocks").metrics["held_mib"]
        assert held < 2

    def test_warm_parent_killed(self, start, tmp_path):
        """When the warm parent is killed a new one takes over and its trials run again."""
        executor = start("gated")
        begun: list[Progress] = []
        while not begun:
            begun = [e for e in executor.poll(0.05) if isinstance(e, Progress) and e.reports]
        first = executor._runs[1].pid
        os.kill(executor._parent.process.pid, signal.SIGKILL)
        second: list[Progress] = []
        while not second:  # its own reports: the first attempt's have been told
            second = [e for e in executor.poll(0.05) if isinstance(e, Progress) and e.reports]
        assert second[0].spent.gpu_seconds > begun[-1].spent.gpu_seconds
        (tmp_path / "trial-1/go").touch()
        outcome = outcomes(run_all(executor))[1]
        assert outcome.status is Status.COMPLETED
        assert outcome.attempts == 2
        assert outcome.lost.gpu_seconds > 0
        assert outcome.spent.gpu_seconds > second[0].spent.gpu_seconds > outcome.lost.gpu_seconds
        assert not alive(first)

    def test_children_end_with_a_killed_warm_parent(self, start, tmp_path):
        """A warm parent that is killed ends nothing any more: what its trials have started is
        found all the same, in whatever session it is, and no group is signalled for that.
        """
        executor = start("works_with_children")
        while not any(isinstance(e, Progress) and e.reports for e in executor.poll(0.05)):
            pass
        children = (tmp_path / "trial-1/children.txt").read_text().split()
        os.kill(executor._parent.process.pid, signal.SIGKILL)
        until = executor._runs[1]
        run_all(executor, until=lambda: executor._runs[1] is not until)
        assert not any(alive(int(pid)) for pid in children)
        (tmp_path / "trial-1/go").touch()
        assert outcomes(run_all(executor))[1].status is Status.COMPLETED

    def test_what_a_deleted_study_left_is_no_result(self, start, tmp_path):
        """An outcome and a model that lie in the folder already are gone once the trial begins."""
        folder = tmp_path / "trial-1"
        folder.mkdir()
        for name in (OUTCOME, MODEL):
            (folder / name).write_text("{}")
        run_all(start("well_behaved"))
        assert not (folder / OUTCOME).exists()
        assert not (folder / MODEL).exists()

    def test_a_paretune_py_in_the_current_folder_is_not_ours(self, start, tmp_path, monkeypatch):
        """Workers are started in the user's folder, whatever modules lie there."""
        (tmp_path / "paretune.py").write_text("raise RuntimeError('not this one')")
        monkeypatch.chdir(tmp_path)
        assert outcomes(run_all(start("well_behaved")))[1].status is Status.COMPLETED

    def test_death_is_noticed_by_whoever_speaks_first(self, start, tmp_path):
        """A warm parent whose death shows when it is spoken to is replaced all the same."""
        executor = start("gated")
        while not any(isinstance(e, Progress) and e.reports for e in executor.poll(0.05)):
            pass
        executor._parent.process.kill()
        executor._parent.process.wait()
        assert executor.plan({}, 0) == ()
        (tmp_path / "trial-1/go").touch()
        assert outcomes(run_all(executor))[1].status is Status.COMPLETED

    def test_a_trial_that_cannot_be_started_fails_alone(self, start, tmp_path, monkeypatch):
        """Without a process for one trial the warm parent lives, and the next trial runs."""
        executor = start("well_behaved")
        run_all(executor)
        order = executor._parent.start
        monkeypatch.setattr(executor._parent, "start", lambda n, d: order(n, f"{d}/elsewhere"))
        parent = executor._parent.process.pid
        start("well_behaved", number=2)
        outcome = outcomes(run_all(executor))[2]
        assert outcome.status is Status.FAILED
        assert "its process could not be started" in outcome.error
        monkeypatch.undo()
        start("well_behaved", number=3)
        assert outcomes(run_all(executor))[3].status is Status.COMPLETED
        assert executor._parent.process.pid == parent
        assert executor.free == len(executor.devices)

    def test_a_folder_that_cannot_be_made(self, start, tmp_path):
        """The study ends with the place and a cure; the lease is returned."""
        executor = start("well_behaved")
        run_all(executor)
        (tmp_path / "trial-2").write_text("a file")
        with pytest.raises(StudyHalted, match=r"trial 2 cannot begin in .*trial-2.*make room"):
            start("well_behaved", number=2)
        assert (executor.free, executor.running) == (len(executor.devices), [])

    def test_a_question_that_is_never_answered(self, start, tmp_path, monkeypatch, caplog):
        """A warm parent stuck in a call is replaced, its trials run again, and what it was asked is
        not asked again.
        """
        monkeypatch.setattr(warm_client, "HUNG_SECONDS", 1)
        executor = start("counts_for_ever")
        while not any(isinstance(e, Progress) and e.reports for e in executor.poll(0.05)):
            pass
        assert executor.count({}) is None
        assert executor.count({}) is None
        (tmp_path / "trial-1/go").touch()
        run_all(executor, until=lambda: executor._runs[1].run.assignment.attempt == 2)
        (tmp_path / "trial-1/go").touch()
        outcome = outcomes(run_all(executor))[1]
        assert (outcome.status, outcome.attempts) == (Status.COMPLETED, 2)
        assert caplog.text.count("has not counted") == 1
        assert len(executor.plan({}, 0)) == 1

    def test_parent_goes_with_its_driver(self, start):
        """When the driver's end of the channel closes, the warm parent ends its trials."""
        executor = start("gated")
        while not any(isinstance(e, Progress) and e.reports for e in executor.poll(0.05)):
            pass
        child, parent = executor._runs[1].pid, executor._parent.process
        executor._parent.channel.close()
        parent.wait(timeout=30)
        assert not alive(child)
        executor._parent.gone = True


def test_kills_of_the_kernel_are_counted(tmp_path):
    """The host's out-of-memory killer has struck where its counter has risen; no counter is 0."""
    vmstat = tmp_path / "vmstat"
    vmstat.write_text("nr_free_pages 12\noom_kill 3\noom_kill_x 9\n")
    assert host_kills(vmstat) == 3
    vmstat.write_text("nr_free_pages 12\n")
    assert host_kills(vmstat) == 0
    assert host_kills(tmp_path / "none") == 0


def test_kill_while_the_kernel_struck_is_out_of_memory(make_executor, tmp_path, monkeypatch):
    """A trial that is killed while the host's killer was at work is out of memory, and is not run
    again: it would be killed again.
    """
    kills = iter([0, 1])
    monkeypatch.setattr(local_executor, "host_kills", lambda: next(kills))
    executor = make_executor("faulty:killed_at_once")
    try:
        outcome = run_one(executor, "faulty:killed_at_once", tmp_path / "1")
        assert outcome.status is Status.OUT_OF_MEMORY
        assert (outcome.attempts, outcome.error) == (1, "killed by the host's out-of-memory killer")
    finally:
        executor.close()


@pytest.mark.parametrize(
    ("trainable", "reason"),
    [
        ("nosuchmodule:train", "no module 'nosuchmodule'"),
        ("faulty:nosuchfunction", "has no 'nosuchfunction'"),
        ("faulty:not_callable", "it is a int"),
        ("cmm", "neither bundled"),
        ("broken_import:train", "importing it failed"),
    ],
)
def test_trainable_that_cannot_be_had(make_executor, tmp_path, trainable, reason):
    """A trainable that cannot be imported is a user's mistake, told before any trial."""
    with pytest.raises(TrainableError, match=reason):
        make_executor(trainable)


def run_one(executor, trainable, folder):
    """One trial on all devices, limited to a minute."""
    job = Job(
        number=1,
        trainable=trainable,
        params={},
        directory=str(folder),
        seed=0,
        limits=Limits(wall_seconds=60.0),
        search_path=TESTS,
    )
    executor.start(job, len(executor.devices))
    return outcomes(run_all(executor))[1]


@pytest.mark.parametrize(
    ("trainable", "threads"),
    [
        ("unforkable:train", ""),
        ("threads_at_import:cluster", "openmp"),
        ("threads_at_import:cluster", "python"),
        ("threads_at_import:counts", ""),  # in the warm parent, after it was ready
    ],
)
def test_what_cannot_be_forked_runs(
    make_executor, tmp_path, monkeypatch, caplog, trainable, threads
):
    """A module that leaves a process unforkable still runs: each trial imports for itself, which
    is said once.
    """
    monkeypatch.setenv("PARETUNE_TEST_THREADS", threads)
    executor = make_executor(trainable)
    try:
        executor.count({})
        outcome = run_one(executor, trainable, tmp_path / "1")
        assert outcome.metrics == {"accuracy": 1.0}, outcome.error
        assert caplog.text.count("each trial imports its framework anew") == 1
    finally:
        executor.close()
