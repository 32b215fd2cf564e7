"""How a trial's folder, its meter and its end become an outcome, replayed without processes."""

import json
from dataclasses import asdict

import pytest
from paretune.execute.trial_run import TrialRun
from paretune.measure import Snapshot
from paretune.measure.bill import Exit
from paretune.measure.replay_meter import ReplayMeter
from paretune.trial.files import REPORTS, RESULT
from paretune.trial.job import Assignment, Limits
from paretune.trial.outcome import Outcome, Status


def at(seconds, cpu=None, foreign=0.0, **more):
    return Snapshot(
        seconds, cpu_seconds=seconds if cpu is None else cpu, foreign_seconds=foreign, **more
    )


@pytest.fixture
def make_run(tmp_path):
    def make(devices=1, **limits):
        assignment = Assignment(
            number=1,
            trainable="t:t",
            params={},
            devices=tuple(f"cpu:{i}" for i in range(devices)),
            device_kind="cpu-core",
            directory=str(tmp_path),
            seed=0,
            limits=Limits(**limits),
        )
        assignment.write()
        return TrialRun(assignment, at(0.0))

    return make


@pytest.fixture
def tell(tmp_path):
    def tell(**record):
        with open(tmp_path / REPORTS, "a") as file:
            file.write(json.dumps(record) + "\n")

    return tell


def phase(tell, name, snapshot):
    tell(kind="phase", name=name, snapshot=asdict(snapshot))


def test_phases_are_billed_apart(make_run, tell, tmp_path):
    """Nested phases split the time between them; nothing is counted twice or lost."""
    run = make_run(devices=2)
    for name, seconds in [("train", 1), ("evaluate", 3), ("train", 4), (None, 6)]:
        phase(tell, name, at(seconds, device_peaks_mib=(10.0 * seconds,)))
    (tmp_path / RESULT).write_text(
        json.dumps({"status": "completed", "metrics": {"accuracy": 0.9}, "error": None})
    )
    outcome = run.finish(Exit(0, 7.0))
    assert outcome.status is Status.COMPLETED
    assert {n: m.gpu_seconds for n, m in outcome.phases.items()} == {
        "start": 2,
        "train": 8,
        "evaluate": 2,
        "other": 2,
    }
    assert outcome.cost.gpu_seconds == 8
    assert outcome.spent.gpu_seconds == 14
    assert outcome.cost.peak_memory_mib == 60.0
    assert Outcome.from_json(json.loads(json.dumps(outcome.to_json()))) == outcome


def test_killed_trial_has_its_bill_and_peak(make_run, tell):
    """Killed in the middle of training: billed to the end, with the last peak that was seen."""
    run = make_run()
    phase(tell, "train", at(1.0))
    meter = ReplayMeter([at(2.0, device_peaks_mib=(50.0,)), at(3.0, device_peaks_mib=(80.0,))])
    run.poll(meter.snapshot(), None)
    run.poll(meter.snapshot(), None)
    outcome = run.finish(Exit(-9, 3.5))
    assert outcome.status is Status.INTERRUPTED
    assert outcome.phases["train"].gpu_seconds == pytest.approx(2.5)
    assert outcome.phases["train"].peak_memory_mib == 80.0


def test_dying_process_keeps_its_peak(make_run, tell):
    """Between its memory's end and its own a process shows times but no memory: the last peak
    stays."""
    run = make_run()
    phase(tell, "train", at(1.0))
    run.poll(at(2.0, host_peak_mib=300.0, device_peaks_mib=(300.0,)), None)
    run.poll(at(2.1), None)
    train = run.finish(Exit(-9, 2.2)).phases["train"]
    assert (train.host_memory_mib, train.peak_memory_mib) == (300.0, 300.0)


def test_lines_that_are_no_records_are_passed_over(make_run, tell, tmp_path):
    """A machine that lost power may leave zeros in a file: the rest of it is read all the same."""
    run = make_run()
    phase(tell, "train", at(1))
    run.save_meter()
    with open(tmp_path / REPORTS, "ab") as file:
        file.write(b"\0" * 40 + b"\n17\n\xff\n")
    tell(kind="report", epoch=1, metrics={"accuracy": 0.5}, seconds=2.0)
    resumed = TrialRun.resume(tmp_path)
    assert [report.epoch for report in resumed.reports] == [1]
    assert resumed.finish(Exit(-9, 3.0)).phases["train"].gpu_seconds == 2.0


def test_half_a_line_is_not_read(make_run, tell, tmp_path):
    """A report that is being written is read when it is whole."""
    run = make_run()
    tell(kind="report", epoch=1, metrics={"a": 1.0}, seconds=1.0)
    line = json.dumps({"kind": "report", "epoch": 2, "metrics": {"a": 2.0}, "seconds": 2.0})
    with open(tmp_path / REPORTS, "a") as file:
        file.write(line[:20])
    assert [r.epoch for r in run.read_reports()] == [1]
    with open(tmp_path / REPORTS, "a") as file:
        file.write(line[20:] + "\n")
    assert [r.epoch for r in run.read_reports()] == [2]


@pytest.mark.parametrize(
    ("limit", "snapshot", "resident", "status"),
    [
        ({"gpu_seconds": 5}, at(6.0), None, Status.OVER_BUDGET),
        ({"wall_seconds": 5}, at(6.0), None, Status.TIMED_OUT),
        ({"report_seconds": 5}, at(6.0), None, Status.TIMED_OUT),
        ({"host_memory_mib": 100}, at(1.0), 101.0, Status.OUT_OF_MEMORY),
    ],
)
def test_limits(make_run, limit, snapshot, resident, status):
    """Each limit ends the trial with its own status, and names itself in the reason."""
    run = make_run(**limit)
    run.poll(at(0.5), 1.0)
    assert run.verdict is None
    for seconds in range(1, int(snapshot.seconds)):
        run.poll(at(seconds), 1.0)
    run.poll(snapshot, resident)
    assert run.verdict[0] is status
    outcome = run.finish(Exit(-9, 7.0))
    assert outcome.status is status
    assert next(iter(limit)) in outcome.error


def test_nobody_looked_and_nothing_was_heard(make_run):
    """A driver that was stopped for an hour, its trials with it perhaps, times none of them out."""
    run = make_run(report_seconds=5)
    run.poll(at(0.5), None)
    run.poll(at(3600.0), None)
    assert run.verdict is None


def test_waiting_for_another_trial_is_no_silence(make_run, tell):
    """As long as that one is heard of. The wait is on the bill, as is any device that is held."""
    run = make_run(report_seconds=5)
    phase(tell, "store", at(0.5))
    for seconds in range(1, 20):
        tell(kind="waiting", seconds=float(seconds))
        run.poll(at(float(seconds)), None)
    assert run.verdict is None
    for seconds in range(20, 26):
        run.poll(at(float(seconds)), None)
    assert run.verdict[0] is Status.TIMED_OUT
    outcome = run.finish(Exit(-9, 25.0))
    assert outcome.phases["store"].gpu_seconds == 24.5
    assert outcome.cost.gpu_seconds == 0.0


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (Exit(-11, 1.0), Status.FAILED),
        (Exit(-9, 1.0), Status.INTERRUPTED),
        (Exit(-15, 1.0), Status.INTERRUPTED),
        (Exit(-9, 1.0, host_out_of_memory=True), Status.OUT_OF_MEMORY),
        (Exit(0, 1.0), Status.FAILED),
        (Exit(3, 1.0), Status.FAILED),
    ],
)
def test_ends_are_told_apart(make_run, end, status):
    """A crash, a kill from outside, the host's killer and a silent exit are different things."""
    assert make_run().finish(end).status is status


def test_result_of_a_crashed_process_is_not_believed(make_run, tmp_path):
    """A result counts only with a clean exit."""
    run = make_run()
    (tmp_path / RESULT).write_text('{"status": "completed", "metrics": {}, "error": null}')
    assert run.finish(Exit(-11, 1.0)).status is Status.FAILED


def test_resume_from_what_a_dead_driver_left(make_run, tell, tmp_path):
    """The counters in the folder and the reports give the bill up to the last reading."""
    run = make_run(devices=2)
    phase(tell, "train", at(1.0))
    run.poll(at(4.0), None)
    run.save_meter()
    tell(kind="report", epoch=3, metrics={"loss": 0.1}, seconds=4.2)
    again = TrialRun.resume(tmp_path)
    outcome = again.finish(Exit(-9, 5.0))
    assert outcome.phases["start"].gpu_seconds == 2
    assert outcome.phases["train"].gpu_seconds == 8
    assert [r.epoch for r in again.reports] == [3]


def test_an_earlier_attempt_stays_on_the_bill(make_run, tmp_path):
    """What a killed attempt has paid counts while the next one runs, at its end, and where the
    driver dies meanwhile; the limits of a trial are each attempt's own."""
    first = make_run(gpu_seconds=5.0)
    first.poll(at(4.0), None)
    lost = first.finish(Exit(-9, 4.0)).spent
    second = TrialRun(first.assignment, at(10.0), lost)
    second.poll(at(13.0), None)
    second.save_meter()
    assert second.verdict is None
    for run in (second, TrialRun.resume(tmp_path)):
        assert run.spent().gpu_seconds == 4 + 3
        outcome = run.finish(Exit(-9, 13.0))
        assert outcome.lost.gpu_seconds == 4
        assert outcome.spent.gpu_seconds == 4 + 3


def test_gone_process_bills_no_stranger(make_run):
    """Counters of a process that is gone are ignored: they would bill the wrong thing."""
    run = make_run()
    run.poll(at(1.0, foreign=0.5), None)
    run.poll(Snapshot(9.0), None)
    assert run.finish(Exit(-9, 2.0)).spent.gpu_seconds == pytest.approx(1.5)


def test_strangers_of_the_last_moment_are_not_billed(make_run):
    """A trial that was ended while the driver did not look is billed by the counters that were
    read where it was ended.
    """
    run = make_run()
    run.poll(at(1.0, cpu=1.0, foreign=0.0, delay_seconds=0.0), None)
    verdict = ("over_budget", "the budget was spent")
    end = Exit(-9, 9.0, cpu_seconds=4.0, verdict=verdict, foreign_seconds=5.0, delay_seconds=6.0)
    outcome = run.finish(end)
    assert outcome.status is Status.OVER_BUDGET
    assert outcome.spent.gpu_seconds == pytest.approx(9.0 - 5.0)
