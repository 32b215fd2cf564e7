"""What every executor must do. Subclass it and give the `make_executor` fixture."""

import os
import time
from pathlib import Path

import psutil
import pytest
from paretune.errors import DeviceError
from paretune.execute import Executor, Finished, Progress
from paretune.measure.discovery import discover
from paretune.trial.files import EXIT, STOP
from paretune.trial.job import Job, Limits
from paretune.trial.outcome import Status

PATIENCE = 60.0  # seconds until a test gives up; none waits that long when all is well


def run_all(executor, *, until=None):
    """Poll until nothing runs, or `until()` holds; returns everything that happened."""
    happened = []
    deadline = time.monotonic() + PATIENCE
    while executor.running and not (until and until()):
        happened += executor.poll(0.05)
        assert time.monotonic() < deadline, f"still running: {executor.running}"
    return happened


def outcomes(happened):
    return {e.assignment.number: e.outcome for e in happened if isinstance(e, Finished)}


def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class ExecutorContract:
    """Tests of the Executor protocol (paretune.execute)."""

    @pytest.fixture
    def start(self, make_executor, tmp_path):
        """start(name, number=1, gpu_count=1, **limits) -> executor, with that trial started."""
        self.made: dict[str, Executor] = {}

        def start(name, number=1, gpu_count=1, params=None, **limits):
            if name not in self.made:
                self.made[name] = make_executor(f"faulty:{name}")
            job = Job(
                number=number,
                trainable=f"faulty:{name}",
                params=params or {},
                directory=str(tmp_path / f"trial-{number}"),
                seed=0,
                limits=Limits(**limits),
                search_path=os.path.dirname(os.path.dirname(__file__)),
            )
            self.made[name].start(job, gpu_count)
            return self.made[name]

        yield start
        for executor in self.made.values():
            executor.close()

    def run(self, start, name, **options):
        return outcomes(run_all(start(name, **options)))[1]

    def test_completed_trial(self, start, tmp_path):
        """A trial brings back its metrics, its reports and a positive bill."""
        executor = start("well_behaved")
        happened = run_all(executor)
        outcome = outcomes(happened)[1]
        assert outcome.status is Status.COMPLETED
        assert outcome.metrics == {"accuracy": 0.75}
        assert outcome.cost.gpu_seconds > 0
        assert {"start", "train"} <= outcome.phases.keys()
        assert outcome.spent.gpu_seconds >= outcome.cost.gpu_seconds
        assert executor.free == len(executor.devices)

    def test_lease_is_exclusive(self, start):
        """What is leased is not given twice, and more than is free is refused."""
        executor = start("gated", number=1, gpu_count=len(discover({})))
        with pytest.raises(DeviceError):
            start("gated", number=2)
        assert executor.free == 0
        executor.kill(1, Status.TIMED_OUT, "enough")
        assert outcomes(run_all(executor))[1].status is Status.TIMED_OUT
        assert executor.free == len(executor.devices)

    def test_progress_tells_reports_and_cost(self, start, tmp_path):
        """While a trial runs its reports arrive once each, and its bill grows."""
        executor = start("gated")
        happened: list[Progress | Finished] = []

        def seen():
            return [e for e in happened if isinstance(e, Progress) and e.reports]

        deadline = time.monotonic() + PATIENCE
        while len(seen()) < 2 and time.monotonic() < deadline:
            happened += executor.poll(0.05)
        (tmp_path / "trial-1" / "go").touch()
        happened += run_all(executor)
        epochs = [r.epoch for e in seen() for r in e.reports]
        assert epochs == sorted(set(epochs))
        spent = [e.spent.gpu_seconds for e in seen()]
        assert spent == sorted(spent)
        assert outcomes(happened)[1].spent.gpu_seconds >= spent[-1] * 0.5

    def test_every_report_is_told_once(self, start):
        """The last ones, too, though the trial be over before anybody looks."""
        happened = run_all(start("well_behaved"))
        assert [report.epoch for event in happened for report in event.reports] == [1, 2, 3]

    def test_stop_at_next_report(self, start):
        """A trial asked to stop ends as `stopped`, with the reason and its cost."""
        executor = start("gated")
        executor.ask_to_stop(1, "dominated")
        outcome = outcomes(run_all(executor))[1]
        assert outcome.status is Status.STOPPED
        assert outcome.error == "dominated"
        assert outcome.spent.gpu_seconds > 0

    def test_a_trial_that_cannot_be_asked_to_stop_is_ended(self, start, tmp_path):
        """A full disk, say, keeps neither the trial running nor the study from going on."""
        executor = start("gated")
        (tmp_path / "trial-1" / f".{STOP}").mkdir()
        executor.ask_to_stop(1, "dominated")
        outcome = outcomes(run_all(executor))[1]
        assert (outcome.status, outcome.error) == (Status.STOPPED, "dominated")

    @pytest.mark.parametrize("killed", [False, True])
    def test_shared_memory_ends_with_the_trial(self, start, tmp_path, killed):
        """Segments that a trial leaves, or cannot remove any more, are removed after it."""
        outcome = self.run(start, "shares_memory", params={"killed": killed})
        assert killed or outcome.metrics == {"accuracy": 1.0}, outcome.error
        name = (tmp_path / "trial-1" / "segment.txt").read_text()
        assert not Path("/dev/shm", name).exists()

    @pytest.mark.parametrize("killed", [False, True])
    def test_temporary_files_end_with_the_trial(self, start, tmp_path, killed):
        """What a trial, or its framework, leaves in the temporary folder is removed after it."""
        outcome = self.run(start, "litters", params={"killed": killed})
        assert killed or outcome.metrics == {"accuracy": 1.0}, outcome.error
        left = [Path(line) for line in (tmp_path / "trial-1" / "left.txt").read_text().split()]
        folder = left[0].parent
        assert not folder.exists(), folder
        self.made.pop("litters").close()
        assert not folder.parent.exists()
        assert folder.parent.name.startswith("paretune-")

    @pytest.mark.parametrize(
        ("name", "status", "reason"),
        [
            ("segfaults", Status.FAILED, "SIGSEGV"),
            ("returns_nan", Status.DIVERGED, "accuracy = nan"),
            ("reports_nan", Status.DIVERGED, "loss is nan at epoch 2"),
            ("returns_string", Status.FAILED, "'very good'"),
            ("returns_string_metric", Status.FAILED, "which is no number"),
            ("reports_words", Status.FAILED, "accuracy is '0.9', which is no number"),
            ("returns_nothing", Status.FAILED, "no metrics"),
            ("returns_measured_name", Status.FAILED, "another name, such as my_gpu_seconds"),
            ("reports_measured_name", Status.FAILED, "reported 'peak_memory_mib', which"),
            ("raises_unpicklable", Status.FAILED, "Unspeakable"),
            ("raises", Status.FAILED, "ValueError: learning rate is much too high"),
            ("exits", Status.FAILED, "without a result"),
            ("exits_sys", Status.FAILED, "SystemExit: 3"),
            ("raises_memory_error", Status.OUT_OF_MEMORY, "cannot allocate 3 TiB"),
        ],
    )
    def test_failure_is_told(self, start, name, status, reason):
        """Every way to fail has its status, its reason in one line, and its bill."""
        outcome = self.run(start, name)
        assert outcome.status is status
        assert reason in outcome.error
        assert "\n" not in outcome.error
        assert outcome.spent.gpu_seconds > 0

    @pytest.mark.parametrize("how", ["write only", "none", "closed", "descriptors closed"])
    @pytest.mark.parametrize("raises", [False, True])
    def test_replaced_output_costs_nothing(self, start, tmp_path, how, raises):
        """Whatever a trainable makes of its output streams, its result counts and its error is
        told.
        """
        outcome = self.run(start, "replaces_output", params={"how": how, "raises": raises})
        if raises:
            assert outcome.status is Status.FAILED
            assert outcome.error.startswith("ValueError: a lone surrogate")
        else:
            assert outcome.status is Status.COMPLETED, outcome.error
            assert outcome.metrics == {"accuracy": 0.5}
        log = (tmp_path / "trial-1" / "log.txt").read_text()
        if how != "descriptors closed":
            assert "before it was replaced" in log
            assert ("Traceback" in log) == raises

    def test_silence_is_a_time_out(self, start):
        """A hung trial is ended after report_seconds of silence."""
        outcome = self.run(start, "hangs", report_seconds=0.5)
        assert outcome.status is Status.TIMED_OUT
        assert "report_seconds" in outcome.error
        assert outcome.phases["train"].gpu_seconds > 0.3

    def test_wall_limit(self, start):
        """A trial that ignores SIGTERM is ended at wall_seconds all the same."""
        outcome = self.run(start, "ignores_sigterm", wall_seconds=0.5)
        assert outcome.status is Status.TIMED_OUT
        assert "wall_seconds" in outcome.error

    def test_gpu_seconds_limit(self, start):
        """A trial over its GPU-seconds is over budget."""
        outcome = self.run(start, "gated", gpu_seconds=0.5)
        assert outcome.status is Status.OVER_BUDGET
        assert outcome.spent.gpu_seconds > 0.4

    def test_memory_limit(self, start):
        """A trial that allocates without end is out of memory, not crashed, with its peak."""
        outcome = self.run(start, "allocates", host_memory_mib=300)
        assert outcome.status is Status.OUT_OF_MEMORY
        assert outcome.phases["train"].host_memory_mib > 250

    @pytest.mark.parametrize(
        ("name", "limits", "status"),
        [
            ("gated", {"gpu_seconds": 0.5}, Status.OVER_BUDGET),
            ("hangs_in_c", {"gpu_seconds": 0.5}, Status.OVER_BUDGET),
            ("hangs_in_c", {"wall_seconds": 0.5}, Status.TIMED_OUT),
            ("hangs", {"report_seconds": 0.5}, Status.TIMED_OUT),
            ("allocates", {"host_memory_mib": 300}, Status.OUT_OF_MEMORY),
        ],
    )
    def test_limits_hold_though_nobody_looks(self, start, tmp_path, name, limits, status):
        """A driver that is stopped, or slow, does not come to look: the trial ends all the same,
        hang as it may, and says at which limit.
        """
        executor = start(name, params={"pause": 0.05}, **limits)
        self.wait_for_the_end_of(tmp_path / "trial-1")
        outcome = outcomes(run_all(executor))[1]
        assert outcome.status is status
        assert next(iter(limits)) in outcome.error
        assert outcome.spent.gpu_seconds > 0

    def test_allowance_holds_though_nobody_looks(self, start, tmp_path):
        """A trial ends at its allowance by itself, for the reason given with it; one that was
        renewed meanwhile goes on to the new one.
        """
        executor = start("hangs_in_c")
        executor.allow(1, 0.5, "the first")
        executor.allow(1, 1.0, "the budget was spent")
        self.wait_for_the_end_of(tmp_path / "trial-1")
        outcome = outcomes(run_all(executor))[1]
        assert (outcome.status, outcome.error) == (Status.OVER_BUDGET, "the budget was spent")
        assert outcome.spent.gpu_seconds == pytest.approx(1.0, abs=0.3)

    def test_allowance_counts_earlier_attempts(self, start):
        """It is of the whole bill: what a killed attempt has paid is not to be had again."""
        executor = start("kills_itself_once_then_hangs")
        executor.allow(1, 1.0, "the budget was spent")
        outcome = outcomes(run_all(executor))[1]
        assert (outcome.status, outcome.attempts) == (Status.OVER_BUDGET, 2)
        assert outcome.spent.gpu_seconds == pytest.approx(1.0, abs=0.3)

    def wait_for_the_end_of(self, folder):
        """Until the trial's end is recorded, the executor not being asked meanwhile."""
        deadline = time.monotonic() + PATIENCE
        while not (folder / EXIT).exists():
            assert time.monotonic() < deadline, "nobody has ended the trial"
            time.sleep(0.02)

    def test_children_end_with_their_trial(self, start, tmp_path):
        """Processes that a trial leaves behind are ended, in whatever session they are."""
        assert self.run(start, "leaves_children").status is Status.COMPLETED
        pids = [int(pid) for pid in (tmp_path / "trial-1/children.txt").read_text().split()]
        deadline = time.monotonic() + PATIENCE
        while any(map(alive, pids)) and time.monotonic() < deadline:
            pass
        assert not any(map(alive, pids))

    def test_flooded_log_is_cut(self, start, tmp_path):
        """Ten GiB of log do not fill the disk; the trial goes on."""
        executor = start("floods_log")
        log = tmp_path / "trial-1" / "log.txt"
        largest = 0

        def cut():
            nonlocal largest
            size = log.stat().st_size if log.exists() else 0
            largest = max(largest, size)
            return size < largest

        happened = run_all(executor, until=cut)
        (tmp_path / "trial-1" / "enough").touch()
        happened += run_all(executor)
        assert outcomes(happened)[1].status is Status.COMPLETED
        assert largest < 4 * 2**30

    def test_killed_from_outside_is_tried_again(self, start):
        """A transient failure is run again once, and both attempts are billed."""
        outcome = self.run(start, "kills_itself_once")
        assert outcome.status is Status.COMPLETED
        assert outcome.attempts == 2
        assert outcome.lost.gpu_seconds > 0
        assert outcome.spent.gpu_seconds > outcome.lost.gpu_seconds

    def test_killed_twice_is_interrupted(self, start):
        """It is not run a third time."""
        outcome = self.run(start, "kills_itself")
        assert outcome.status is Status.INTERRUPTED
        assert outcome.attempts == 2

    def test_close_ends_everything(self, start):
        """Closing brings back what ran, as interrupted and billed, and returns every lease."""
        executor = start("gated")
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if any(isinstance(e, Progress) and e.reports for e in executor.poll(0.05)):
                break
        (finished,) = executor.close()
        assert finished.outcome.status is Status.INTERRUPTED
        assert finished.outcome.spent.gpu_seconds > 0
        assert executor.free == len(executor.devices)
        assert not executor.running
