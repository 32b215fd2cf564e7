"""The `[data]` table."""

from __future__ import annotations

import pytest
from paretune.catalog import DATA_KEYS
from paretune.data.data_options import RULES, DataOptions
from paretune.errors import DataError


def test_the_keys_are_those_of_a_study_file() -> None:
    """What is read may be given."""
    assert tuple(DataOptions.__dataclass_fields__) == DATA_KEYS


def test_rules_are_applied_in_their_own_order() -> None:
    """All of them, or those that are named."""
    assert DataOptions.parse({"clean": True}).rules == RULES
    assert DataOptions.parse({}).rules == ()
    assert DataOptions.parse({"clean": ["duplicates", "invalid"]}).rules == (
        "invalid",
        "duplicates",
    )


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"clean": ["dust"]}, "clean is .*'dust'.*invalid, constant"),
        ({"test": 0}, "test is 0"),
        ({"columns": []}, "columns is"),
        ({"sha256": "12"}, "sha256 is '12'.*64"),
        ({"source": 3}, "source is 3"),
    ],
)
def test_a_bad_value_is_named_with_its_cure(table: dict[str, object], words: str) -> None:
    """One line with the key and what to give."""
    with pytest.raises(DataError, match=words):
        DataOptions.parse(table)


@pytest.mark.parametrize(
    "url", ["https://me:s3cret@host/x.npz", "https://host/x.npz?X-Amz-Signature=s3cret"]
)
def test_a_credential_is_refused_and_not_repeated(url: str) -> None:
    """The table is stored with the study."""
    with pytest.raises(DataError, match="netrc") as caught:
        DataOptions.parse({"source": url})
    assert "s3cret" not in str(caught.value)
