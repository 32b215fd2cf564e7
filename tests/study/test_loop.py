"""The loop, with a fake executor: what is asked, started and told, and when it ends."""

from __future__ import annotations

import optuna
import pytest
from fake_executor import Law
from fake_study import FakeStudy
from paretune.errors import StudyHalted
from paretune.study.loop import POLL_SECONDS
from paretune.study.observer import Silent
from paretune.study.stored_trials import records
from paretune.trial.outcome import Status
from small_study import LENGTHS, small_spec

OBJECTIVES = 'accuracy = "maximize"\ngpu_seconds = "minimize"'


def law(params):
    """Longer trainings are better; half a second goes by before one begins."""
    seconds = params["epochs"] / 2
    return Law(seconds, {"accuracy": 1 - 0.5 / seconds - 0.1 * params["x"]}, start=0.5)


@pytest.fixture
def study(tmp_path):
    def make(law=law, sampler="random", more="", space=LENGTHS, devices=2, **options):
        spec = small_spec(
            tmp_path,
            sampler=sampler,
            space=space,
            objectives=OBJECTIVES,
            more=more,
            **{"trials": 500, **options},
        )
        return FakeStudy(spec, law, tmp_path / "files", devices)

    return make


def statuses(study):
    return [record.status for record in study.records]


def test_every_trial_is_told(study):
    """A study ends at its trials; each has its values, its prediction and its bill."""
    made = study()
    summary = made.run(trials=7)
    assert summary.reason == "all 7 trials of the budget have been run"
    assert statuses(made) == [Status.COMPLETED] * 7
    for record in made.records:
        assert record.values["gpu_seconds"] == pytest.approx(record.params["epochs"] / 2)
        assert record.spent.gpu_seconds == pytest.approx(record.params["epochs"] / 2 + 0.5)
        assert record.prediction is not None


def test_no_device_idles_while_there_is_something_to_do(study):
    """Two devices take half the time, but for what the last trial runs alone."""
    made = study()
    made.run(trials=8)
    spent = [record.spent.gpu_seconds for record in made.records]
    looks = len(spent) * POLL_SECONDS  # an end shows at the next look
    assert made.executor.now <= (sum(spent) + max(spent)) / 2 + looks


def test_a_call_goes_on_where_the_last_one_ended(study):
    """The second call runs what is missing to the total."""
    made = study()
    made.run(trials=3)
    made.run(trials=5)
    assert [record.number for record in made.records] == list(range(5))


def test_what_fails_alike_ends_the_study(study):
    """Three trials that fail for one reason: the next would as well."""
    made = study(lambda params: Law(1.0, {}, status=Status.FAILED), devices=1)
    with pytest.raises(StudyHalted, match="all failed alike"):
        made.run(trials=20)
    assert len(made.records) == 3


def test_what_ends_at_once_with_the_trial_that_halts_a_study_is_told(study):
    """Both have been paid for: neither bill is lost, and neither is put in line again."""
    made = study(lambda params: Law(1.0, {"loss": 0.5}), devices=2)
    with pytest.raises(StudyHalted, match="accuracy"):
        made.run(trials=20)
    assert statuses(made) == [Status.FAILED] * 2
    assert [record.spent.gpu_seconds for record in made.records] == [1.0] * 2
    assert made.stored.queued() == []


def test_an_interrupt_while_ended_trials_are_taken_in_loses_no_bill(study):
    """The trial that ended beside the one at which Ctrl-C came is told as it ended."""
    made = study(lambda params: Law(1.0, {"accuracy": 0.5}), devices=2)
    loop = made.open(trials=20)

    def interrupt_once(record, state):
        made.observer.finished = lambda record, state: None
        raise KeyboardInterrupt

    made.observer.finished = interrupt_once
    assert loop.run().interrupted
    assert [record.spent.gpu_seconds for record in made.records] == [1.0] * 2
    assert made.stored.queued() == []


def test_a_trial_lost_between_executor_and_loop_is_settled_by_its_folder(study):
    """Ctrl-C came while the executor brought it back: it has run, so it is not given back."""
    made = study(devices=1)
    loop = made.open(trials=20)
    poll = made.executor.poll

    def interrupt(timeout):
        poll(timeout)
        if not made.executor.running:
            raise KeyboardInterrupt
        return []

    made.executor.poll = interrupt
    assert loop.run().interrupted
    assert statuses(made) == [Status.INTERRUPTED]
    assert made.stored.queued() == [made.records[0].params]


def test_an_interrupted_call_gives_back_what_waits(study):
    """What ran is told as interrupted and put in line again; nothing stays running."""

    made = study()
    loop = made.open(trials=6)
    ended = []

    def interrupt_at_the_first(record, state):
        ended.append(record)
        if len(ended) == 1:
            raise KeyboardInterrupt

    made.observer.finished = interrupt_at_the_first
    assert loop.run().interrupted
    states = [trial.state for trial in made.trials]
    assert optuna.trial.TrialState.RUNNING not in states
    made.observer = Silent()
    assert made.run(trials=6).reason == "all 6 trials of the budget have been run"
    done = [record for record in made.records if record.status is Status.COMPLETED]
    assert len(done) == 6


# Budgets


@pytest.mark.parametrize(
    ("sampler", "devices", "budget"),
    [
        ("random", 2, 36.0),
        pytest.param("random", 1, 60.0, marks=pytest.mark.nightly),
        pytest.param("tpe", 2, 60.0, marks=pytest.mark.nightly),
        pytest.param("cost_aware", 2, 60.0, marks=pytest.mark.nightly),
    ],
)
def test_a_budget_is_used(study, sampler, devices, budget):
    """Of a budget of ten or more trials at least 97 % is used, none is overrun, and less than a
    tenth of what was asked for is skipped."""
    made = study(sampler=sampler, devices=devices)
    made.run(trials=None, gpu_seconds=budget)
    found = made.records
    spent = sum(record.spent.gpu_seconds for record in found)
    ran = [record for record in found if record.status is not Status.SKIPPED]
    assert len(ran) >= 10
    assert 0.97 * budget <= spent <= budget + 1e-6
    assert len(found) - len(ran) < 0.1 * len(ran)


DEAR_BASELINE = """
[[baseline]]
x = 0.5
epochs = 4
[[baseline]]
x = 0.4
epochs = 5
[[baseline]]
x = 0.3
epochs = 6
[[baseline]]
x = 0.2
epochs = 16
"""


def test_a_baseline_that_does_not_fit_is_skipped_and_the_search_goes_on(study):
    """It says so; and with a larger budget it runs, before anything else is looked for."""
    made = study(more=DEAR_BASELINE, devices=1)
    made.run(trials=None, gpu_seconds=15.0)
    by_baseline = {r.baseline: r for r in made.records if r.baseline is not None}
    assert [by_baseline[i].status for i in (1, 2, 3)] == [Status.COMPLETED] * 3
    assert by_baseline[4].status is Status.SKIPPED
    assert any("baseline 4 is skipped" in text for text in made.observer.messages)
    assert any(r.baseline is None and r.status is Status.COMPLETED for r in made.records)
    assert sum(record.spent.gpu_seconds for record in made.records) >= 0.9 * 15.0
    before = len(made.records)
    made.run(trials=None, gpu_seconds=25.0)
    resumed = made.records[before]
    assert (resumed.baseline, resumed.status) == (4, Status.COMPLETED)
    made.run(trials=None, gpu_seconds=28.0)
    assert sum(record.baseline == 4 for record in made.records) == 2  # it is not run again


def test_what_does_not_fit_waits_for_what_others_leave(study):
    """A baseline for which too much is reserved is no skipped one while that may not be spent."""

    def law(params):  # what takes four epochs elsewhere is over at once here
        seconds = 0.2 if params["x"] == 0.5 else params["epochs"] / 2
        return Law(seconds, {"accuracy": 0.5}, start=0.1)

    made = study(law, devices=2)
    made.run(trials=4)
    paid = sum(record.spent.gpu_seconds for record in made.records)
    for position, point in enumerate(({"x": 0.5, "epochs": 12}, {"x": 0.1, "epochs": 8}), 1):
        made.stored.enqueue(point, {records.BASELINE: position})
    made.run(trials=6, gpu_seconds=paid + 7.5)
    assert [(r.baseline, r.status) for r in made.records[4:]] == [
        (1, Status.COMPLETED),
        (2, Status.COMPLETED),
    ]
    assert not any("skipped" in text for text in made.observer.messages)


def test_a_limit_holds_though_the_driver_looks_late(study):
    """Trials that nothing is known of end at the budget, told as over it; none begins after."""
    made = study(lambda params: Law(100.0, {"accuracy": 0.5}), devices=2)
    made.run(trials=None, gpu_seconds=10.0)
    assert sum(record.spent.gpu_seconds for record in made.records) <= 10.0
    assert statuses(made) == [Status.OVER_BUDGET] * 2
    assert "the study's budget of 10 GPU-seconds was spent" in made.records[0].error
