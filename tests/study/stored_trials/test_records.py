"""Trials as they are read: derived from what was measured, and small where they are kept."""

import json

import fabricated
import optuna
import pytest
from fabricated import Made
from paretune.measure import Measurement
from paretune.pareto.selection import front_of
from paretune.study.storage.load_study import load_study
from paretune.study.stored_trials import records
from paretune.study.stored_trials.records import RecordReader, params_mark
from paretune.trial.outcome import Outcome, Status
from paretune.trial.record import TrialRecord


def test_figures_that_are_columns(made_study):
    """People see what they compare beside the objectives; what can be derived is not repeated."""
    attributes = made_study.get_trials()[0].user_attrs
    columns = {name for name in attributes if not name.startswith("paretune:")}
    assert columns == {"status", "spent_gpu_seconds", "loss"}
    assert attributes["spent_gpu_seconds"] == 20.5
    failed = made_study.get_trials()[5].user_attrs
    assert failed["error"] == "loss is nan at epoch 1"


def test_only_what_optuna_has_otherwise_is_kept():
    """Of a parameter's value the rounding error of a step, if it has one."""
    stored = {"sparsity": 0.15000000000000002, "bits": 4}
    assert params_mark({"sparsity": 0.15, "bits": 4}, stored) == {
        records.PARAMS: {"sparsity": 0.15}
    }
    assert params_mark({"bits": 4}, stored) == {}


def test_a_trial_is_small_in_the_storage(storage_url, tmp_path):
    """All attributes of a completed trial of four objectives together."""
    study = fabricated.fabricate(storage_url, tmp_path, (Made(),))
    (trial,) = study.get_trials()
    assert len(json.dumps(trial.user_attrs)) + len(json.dumps(trial.system_attrs)) < 1000


def test_finished_trials_are_read_once(made_study):
    """`known` keeps their records; what runs is read anew."""
    known: dict[int, TrialRecord] = {}
    reader = RecordReader.of(made_study)
    first = reader.all(made_study, known)
    made_study.ask()
    again = reader.all(made_study, known)
    assert [id(record) for record in again[:-1]] == [id(record) for record in first]
    assert again[-1].status is None
    assert len(known) == len(first)


def test_a_front_is_found_without_a_look_at_what_trials_cost(made_study, monkeypatch):
    """Its objectives tell: of a large study most measurements are never made."""

    def made(*_):
        raise AssertionError("a measurement was made")

    monkeypatch.setattr("paretune.study.stored_trials.packed.Measurement", made)
    reader = RecordReader.of(made_study)
    front = front_of(reader.all(made_study), reader.objectives)
    assert [record.number for record in front] == fabricated.FRONT


def test_another_tools_study_can_be_read():
    """Its trials have values and parameters, and no costs that anybody measured."""
    study = optuna.create_study(directions=["minimize", "maximize"])
    study.tell(study.ask(), [1.0, 2.0])
    study.tell(study.ask(), state=optuna.trial.TrialState.FAIL)
    one, other = RecordReader.of(study).all(study)
    assert (one.status, one.values) == (
        Status.COMPLETED,
        {"objective 0": 1.0, "objective 1": 2.0},
    )
    assert one.feasible
    assert (other.status, other.spent) == (Status.FAILED, Measurement())


def test_marks_are_read_back(made_study, storage_url):
    """What a trial leaves is what its record says."""
    for record, made in zip(
        load_study("digits", storage_url).records, fabricated.TRIALS, strict=True
    ):
        assert record.status is made.status
        assert record.error == made.error
        if made.status is Status.COMPLETED:
            assert record.metrics["accuracy"] == made.accuracy
            assert record.cost.gpu_seconds == made.seconds
            assert record.feasible == (made.accuracy >= 0.9)


def test_a_metric_of_an_objectives_name_is_no_column(made_study):
    """Objectives are Optuna's values already."""
    reader = RecordReader.of(made_study)
    marks = reader.marks(Outcome(Status.COMPLETED, {"accuracy": 0.5, "f1": 0.25}))
    assert "accuracy" not in marks
    assert marks["f1"] == 0.25


@pytest.mark.parametrize(("noted", "read"), [(359, 359), ("many", None), (0, None), (None, None)])
def test_an_accuracy_says_how_many_images_it_rests_on(noted, read):
    """As the trainable noted it; what is no number of images is passed over."""
    study = optuna.create_study()
    trial = study.ask()
    outcome = Outcome(Status.COMPLETED, {"objective 0": 1.0}, notes={"validation_images": noted})
    reader = records.RecordReader.of(study)
    for name, value in {**reader.marks(outcome), records.SEED: 7, records.REPLICATE_OF: 3}.items():
        trial.set_user_attr(name, value)
    study.tell(trial, 1.0)
    (record,) = reader.all(study)
    assert (record.validation_images, record.seed, record.replicate_of) == (read, 7, 3)
