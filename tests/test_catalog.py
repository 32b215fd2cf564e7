"""What is bundled, as the engine knows it, is what is there."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from paretune import catalog
from paretune.catalog import (
    SAMPLERS,
    STOPPERS,
    TRAIN_KEYS,
    TRAINABLES,
    bundled_folder,
    require_trainable,
)
from paretune.errors import MissingExtraError
from paretune.extras import EXTRAS
from paretune.space.search_space import Space


@pytest.mark.parametrize("name", TRAINABLES)
def test_a_bundled_trainable_is_where_it_says(name: str) -> None:
    """Its module and what its worker imports can be found, and its extra is one."""
    bundled = TRAINABLES[name]
    for module in (bundled.target.partition(":")[0], *bundled.preload):
        assert importlib.util.find_spec(module) is not None
    assert bundled.extra in EXTRAS


def test_the_catalog_needs_no_framework(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing one is told by name; a user's own trainable needs none of them."""

    def missing(extra: str, place: str) -> None:
        raise MissingExtraError(f"{place} needs {extra}")

    monkeypatch.setattr(catalog, "require_extra", missing)
    with pytest.raises(MissingExtraError, match='trainable "cnn" needs keras'):
        require_trainable("cnn")
    require_trainable("mine:train")


def test_a_bundled_space_searches_what_the_trainables_read() -> None:
    """Every parameter of a space that ships can also be fixed in [train]."""
    names = [path.stem for path in bundled_folder("spaces").glob("*.toml")]
    assert names
    for name in names:
        assert set(Space.load(name, Path.cwd()).names) <= set(TRAIN_KEYS)


def test_names_are_given_once() -> None:
    """No name of a choice stands twice."""
    for names in (SAMPLERS, STOPPERS, TRAIN_KEYS):
        assert len(set(names)) == len(names)
