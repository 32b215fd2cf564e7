"""A stored study is found by its name, with its front, or the names there are are told."""

import fabricated
import optuna
import pytest
from paretune.errors import StudyError
from paretune.study.storage.load_study import load_study
from paretune.study.storage.open_storage import open_storage
from paretune.study.stored_trials import study_marks


def test_a_study_with_its_front(made_study, storage_url, tmp_path):
    """Records in order, the front by its first objective, files where they are."""
    loaded = load_study("digits", storage_url)
    assert [record.number for record in loaded.records] == list(range(len(fabricated.TRIALS)))
    assert [record.number for record in loaded.front] == fabricated.FRONT
    assert loaded.id == fabricated.STUDY_ID
    assert loaded.folder == tmp_path / "studies.db.files" / "digits"
    paid = sum(0.5 + made.seconds for made in fabricated.TRIALS)
    assert loaded.spent_gpu_seconds == pytest.approx(paid)


def test_a_misspelt_name(made_study, storage_url):
    """It is answered with the names there are."""
    with pytest.raises(StudyError, match=r"'digit' is not in sqlite:.*there are: digits"):
        load_study("digit", storage_url)


def test_another_tools_study(storage_url):
    """It has no spec to be shown by."""
    optuna.create_study(storage=open_storage(storage_url), study_name="foreign")
    with pytest.raises(StudyError, match="was not run by paretune"):
        load_study("foreign", storage_url)


def test_study_of_another_format_is_refused(made_study: optuna.Study, storage_url: str) -> None:
    """One that an older or newer Paretune has stored: said so, with what to do."""
    made_study.set_user_attr(study_marks.FORMAT, study_marks.FORMAT_NUMBER + 1)
    told = r"stored by another Paretune \(0.1.0, format 3; .*begin a new study"
    with pytest.raises(StudyError, match=told):
        load_study("digits", storage_url)
