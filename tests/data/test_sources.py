"""Which reader a source has."""

from __future__ import annotations

import pytest
from paretune.catalog import DATA_SOURCES
from paretune.data import sources
from paretune.errors import DataError


def test_every_named_source_has_a_reader() -> None:
    """What a study file may name is what can be read."""
    assert tuple(sources._READERS) == DATA_SOURCES


def test_a_path_without_a_file_names_the_sources_that_need_none() -> None:
    """One line with the path and the known names."""
    with pytest.raises(DataError, match=r"no/such\.npz.*no such file.*digits, mnist"):
        sources.read_source("no/such.npz")
