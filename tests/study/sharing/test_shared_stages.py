"""Studies whose trials share stages: what is paid, what is recorded, and what is the same."""

import json
from pathlib import Path

import numpy as np
import pytest
from paretune.execute import Finished
from paretune.execute.local_executor import LocalExecutor
from paretune.measure.discovery import discover
from paretune.spec.study_spec import StudySpec
from paretune.stages.stage_store import StageStore
from paretune.study.observer import Silent
from paretune.study.run_study import run_study
from paretune.study.sharing import shared_stages
from paretune.study.storage.load_study import load_study
from paretune.study.storage.storage_address import StorageAddress
from paretune.trial.files import REPORTS
from paretune.trial.job import Job
from paretune.trial.outcome import Status

EXAMPLES = Path(__file__).parents[3] / "examples"
NAME = "staged_trainable:trainable"
PARAMS = {"learning_rate": 1.0, "hidden": 32, "epochs": 6, "levels": 15}


@pytest.fixture(scope="module")
def executor(tmp_path_factory):
    log = tmp_path_factory.mktemp("worker") / "worker.log"
    executor = LocalExecutor(discover({}), NAME, str(EXAMPLES), log)
    yield executor
    executor.close()


@pytest.fixture
def run(executor, tmp_path):
    """run(store=folder, **changes of PARAMS) -> (outcome, records of the trial's reports)."""
    count = 0

    def run(store=tmp_path / "store", **changes):
        nonlocal count
        count += 1
        folder = tmp_path / f"trial-{count}"
        job = Job(
            number=count,
            trainable=NAME,
            params={**PARAMS, **changes},
            directory=str(folder),
            seed=0,
            search_path=str(EXAMPLES),
            store=None if store is None else str(store),
        )
        executor.start(job, 1)
        while True:
            for event in executor.poll(0.1):
                if isinstance(event, Finished):
                    assert event.outcome.status is Status.COMPLETED, event.outcome.error
                    lines = (folder / REPORTS).read_text().splitlines()
                    return event.outcome, [json.loads(line) for line in lines]

    return run


def epochs_of(records):
    return [record["epoch"] for record in records if record["kind"] == "report"]


def weights(store, executor, **changes):
    planned = executor.plan({**PARAMS, **changes}, 0)
    with np.load(StageStore(store).get(planned[0].key).folder / "weights.npz") as archive:
        return [archive[name] for name in sorted(archive.files)]


def test_second_trial_pays_for_its_own_stage_only(run):
    """Two that differ in the last stage share the first: the same cost, paid once."""
    first, _ = run(levels=15)
    second, records = run(levels=255)
    assert epochs_of(records) == []
    assert "train" not in second.phases
    assert second.reused["train"].gpu_seconds == first.phases["train"].gpu_seconds
    assert second.cost.gpu_seconds >= first.phases["train"].gpu_seconds
    assert second.metrics["kib"] > first.metrics["kib"]


def test_longer_training_goes_on_from_a_shorter_one(run, executor, tmp_path):
    """Eight epochs after six train two more, and end in the same weights as eight at once."""
    run(epochs=6)
    shared, records = run(epochs=8)
    assert epochs_of(records) == [7, 8]
    alone, records = run(store=tmp_path / "other", epochs=8)
    assert epochs_of(records) == list(range(1, 9))
    assert shared.metrics == alone.metrics
    for one, other in zip(
        weights(tmp_path / "store", executor, epochs=8),
        weights(tmp_path / "other", executor, epochs=8),
        strict=True,
    ):
        assert (one == other).all()


def test_shorter_training_is_taken_from_what_a_longer_one_passed_through(run):
    """Six epochs have passed through the state after three."""
    run(epochs=6)
    three, records = run(epochs=3)
    assert epochs_of(records) == []
    alone, _ = run(store=None, epochs=3)
    assert three.metrics == alone.metrics


def test_corrupt_entry_is_computed_again(run, executor, tmp_path):
    """A damaged product is never used; the trial trains as if it had not been there."""
    reference, _ = run(levels=15)
    store = StageStore(tmp_path / "store")
    key = executor.plan(PARAMS, 0)[0].key
    (store.read(key).folder / "weights.npz").write_bytes(b"half")
    again, records = run(levels=255)
    assert epochs_of(records)[-1] == 6
    assert store.get(key) is not None
    assert again.cost.gpu_seconds > 0
    repaired, _ = run(store=None, levels=15)
    assert repaired.metrics == reference.metrics


def test_store_that_cannot_be_written_costs_only_the_sharing(run, tmp_path):
    """Where the store is no folder the trial says so and goes on without it."""
    (tmp_path / "file").write_text("")
    outcome, _ = run(store=tmp_path / "file" / "store")
    assert "cannot" in outcome.notes["store_problem"]


def test_undeclared_parameter_is_caught(tmp_path):
    """A stage that reads a parameter which it does not declare fails, and is told its name."""
    (tmp_path / "sneaky.py").write_text(
        "from paretune.trainables import Stage, Trainable\n"
        "def train(params, context):\n"
        "    return {'accuracy': params.get('levels', 1)}\n"
        "trainable = Trainable('sneaky', (Stage('train', train, params=('epochs',)),))\n"
    )
    executor = LocalExecutor(
        discover({}), "sneaky:trainable", str(tmp_path), tmp_path / "worker.log"
    )
    try:
        executor.start(
            Job(
                number=1,
                trainable="sneaky:trainable",
                params={"levels": 3},
                directory=str(tmp_path / "1"),
                seed=0,
                search_path=str(tmp_path),
            ),
            1,
        )
        outcome = None
        while outcome is None:
            for event in executor.poll(0.1):
                if isinstance(event, Finished):
                    outcome = event.outcome
    finally:
        executor.close()
    assert outcome.status is Status.FAILED
    assert "reads 'levels', which it does not declare" in outcome.error


def test_siblings_of_a_training_are_run_at_once(tmp_path):
    """After a training its other quantizations follow, nearly free; the study shows both costs."""
    url = f"sqlite:///{tmp_path}/studies.db"
    changes = ["budget.trials=9", "sampler.name=tpe", "sampler.seed=0"]
    spec = StudySpec.load(str(EXAMPLES / "staged_study.toml"), changes)
    run_study(spec, storage_url=url, devices="1", observer=Silent())
    study = load_study("staged-digits", url)
    trained = [r for r in study.records if "train" in r.phases]
    free = [r for r in study.records if "train" not in r.phases]
    assert len(free) >= 4
    assert len(trained) <= 5
    for record in free:
        assert record.reused["train"].gpu_seconds > 0
        paid = sum(cost.gpu_seconds for cost in record.phases.values())
        assert record.spent.gpu_seconds == pytest.approx(paid)
        assert record.cost.gpu_seconds >= record.reused["train"].gpu_seconds
    entries = StageStore(StorageAddress.of(url).stages_folder).entries()
    assert {entry.stage for entry in entries} == {"train", "quantize"}


STEPPED = """
from paretune.trainables import Stage, Trainable

def train(params, context):
    sum(range(1_000_000))
    context.report(1, accuracy=params["rate"])
    return {"accuracy": params["rate"]}

def quantize(params, context):
    return {"size": float(params["levels"])}

trainable = Trainable(
    "stepped",
    (Stage("train", train, params=("rate",)), Stage("quantize", quantize, params=("levels",))),
)
"""
STEPPED_SPACE = """
[rate]
type = "float"
low = 0.05
high = 0.95
step = 0.05

[levels]
choices = [3, 15, 255]
"""
STEPPED_STUDY = """
name = "stepped"
space = "space.toml"
trainable = "stepped:trainable"
[objectives]
accuracy = "maximize"
size = "minimize"
[budget]
trials = 40
[sampler]
name = "random"
seed = 0
"""


def test_a_sibling_is_never_one_that_has_run(tmp_path):
    """Values on a grid carry rounding errors in Optuna (0.15000000000000002): a configuration is
    known again all the same, and not run twice."""
    for name, text in [
        ("stepped.py", STEPPED),
        ("space.toml", STEPPED_SPACE),
        ("study.toml", STEPPED_STUDY),
    ]:
        (tmp_path / name).write_text(text)
    url = f"sqlite:///{tmp_path}/studies.db"
    run_study(
        StudySpec.load(str(tmp_path / "study.toml")),
        storage_url=url,
        devices="1",
        observer=Silent(),
    )
    study = load_study("stepped", url)
    proposed = {
        trial.number for trial in study.study.trials if "paretune:sibling_of" in trial.user_attrs
    }
    raw = [trial.params["rate"] for trial in study.study.trials if trial.params]
    assert any(value != round(value, 2) for value in raw), "no rounding error was met"
    assert len(proposed) >= 10
    for position, record in enumerate(study.records):
        if record.number in proposed:
            assert record.params not in [earlier.params for earlier in study.records[:position]]


def test_siblings_can_be_switched_off(tmp_path):
    """For a fair comparison the sampler alone decides."""
    url = f"sqlite:///{tmp_path}/studies.db"
    spec = StudySpec.load(
        str(EXAMPLES / "staged_study.toml"), ["budget.trials=4", "search.siblings=false"]
    )
    run_study(spec, storage_url=url, devices="1", observer=Silent())
    study = load_study("staged-digits", url)
    assert all(not t.user_attrs.get("paretune:sibling_of") for t in study.study.trials)


def test_store_can_be_switched_off(tmp_path):
    """With no MiB to keep nothing is shared, and nothing is written."""
    url = f"sqlite:///{tmp_path}/studies.db"
    spec = StudySpec.load(
        str(EXAMPLES / "staged_study.toml"), ["budget.trials=3", "store.limit_mib=0"]
    )
    run_study(spec, storage_url=url, devices="1", observer=Silent())
    assert all("train" in record.phases for record in load_study("staged-digits", url).records)
    assert not StorageAddress.of(url).stages_folder.exists()


def test_a_resumed_front_is_offered_evenly(monkeypatch):
    """Of a long front so many members as can be priced quickly, both ends among them."""
    monkeypatch.setattr(shared_stages, "RESUMED", 3)
    assert shared_stages._evenly([4, 5, 6]) == [4, 5, 6]
    assert shared_stages._evenly(range(101)) == [0, 50, 100]
