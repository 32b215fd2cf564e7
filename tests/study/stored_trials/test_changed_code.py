"""A study whose code or data changed is not mixed with what it was, unless the user says so."""

import optuna
import pytest
from paretune.errors import StudyError
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.stored_trials.changed_code import check_code


@pytest.fixture
def stored():
    return StoredStudy(optuna.create_study(study_name="s"))


def ended(stored):
    stored.study.tell(stored.ask(), 1.0)
    return stored


def test_a_new_study_takes_the_versions_it_finds(stored):
    """Nothing is asked, and nothing is told, before a trial has ended."""
    assert check_code(stored, "one", "data", accepted=False) == []
    assert check_code(stored, "two", "data", accepted=False) == []
    ended(stored)
    assert check_code(stored, "two", "data", accepted=False) == []


@pytest.mark.parametrize(
    ("code", "data", "what"),
    [("two", "data", "code changed"), ("one", "other", "data changed")],
)
def test_a_change_is_refused_with_the_cure(stored, code, data, what):
    """The message says what changed, after how many trials, and how to go on."""
    check_code(stored, "one", "data", accepted=False)
    with pytest.raises(StudyError, match=f"accept_changed_code is needed: {what} after 1 trials"):
        check_code(ended(stored), code, data, accepted=False)
    with pytest.raises(StudyError):
        check_code(stored, code, data, accepted=False)  # to ask again changes nothing


def test_changed_data_are_stated_both_as_they_were_and_as_they_are(stored):
    """With what of them has changed: here the labels."""
    before, now = (".".join(("0" * 16, label * 16, "f" * 16)) for label in "12")
    check_code(stored, "one", before, accepted=False)
    with pytest.raises(StudyError, match=rf"\(its labels: {before} before, {now} now\)"):
        check_code(ended(stored), "one", now, accepted=False)


def test_an_accepted_change_is_told_once(stored):
    """Afterwards the new version is the study's."""
    check_code(stored, "one", "data", accepted=False)
    (note,) = check_code(ended(stored), "two", "data", accepted=True)
    assert "its code has changed: 1 trials ran with another version" in note
    assert check_code(stored, "two", "data", accepted=False) == []


def test_what_is_not_known_is_not_compared(stored):
    """A trainable without a version never asks, and does not forget the one that was known."""
    check_code(ended(stored), "one", "", accepted=False)
    assert check_code(stored, "", "data", accepted=False) == []
    with pytest.raises(StudyError):
        check_code(stored, "two", "data", accepted=False)
