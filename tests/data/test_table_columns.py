"""Which columns of a table are labels, groups and features."""

from __future__ import annotations

import pytest
from paretune.data.data_options import DataOptions
from paretune.data.table_columns import choose_columns
from paretune.errors import DataError


def test_the_label_is_known_by_its_name_and_the_rest_are_features() -> None:
    """The group is neither; columns that are named are read in their order."""
    chosen = choose_columns(["id", "a", "target", "b"], DataOptions("", group="id"), "here")
    assert (chosen.label, chosen.features, chosen.group) == ("target", ("a", "b"), "id")
    asked = DataOptions("", label="a", columns=["b", "target"])
    assert choose_columns(["a", "target", "b"], asked, "here").all == ["b", "target", "a"]


@pytest.mark.parametrize(
    ("names", "options", "words"),
    [
        (["a", "b"], {}, r"which column is the label\? Give \[data\] label = .*a, b"),
        (["a", "label"], {"label": "c"}, "no column 'c'"),
        (["a", "label"], {"group": "c"}, "no column 'c'"),
        (["label"], {}, "nothing to learn from"),
        (["a", "label"], {"columns": ["a", "label"]}, "take it out"),
        ([str(i) for i in range(20_000)], {}, "20,000 columns are more"),
    ],
)
def test_what_does_not_fit_is_said(names: list[str], options: dict[str, str], words: str) -> None:
    """With the columns that there are."""
    with pytest.raises(DataError, match=words):
        choose_columns(names, DataOptions("", **options), "here")
