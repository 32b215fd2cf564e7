"""Optuna says less while a study of ours runs, and as much as before after it."""

from __future__ import annotations

import warnings

import optuna
import pytest
from paretune.api.quiet_optuna import quiet_optuna


@pytest.fixture(autouse=True)
def talkative():
    """Optuna as a user may have set it; afterwards as it was."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.DEBUG)
    yield
    optuna.logging.set_verbosity(before)


def test_inside_it_tells_errors_only() -> None:
    """Neither steps nor experiments; other warnings are not ours to hide."""
    with quiet_optuna(), warnings.catch_warnings(record=True) as caught:
        assert optuna.logging.get_verbosity() == optuna.logging.ERROR
        warnings.warn("new", optuna.exceptions.ExperimentalWarning, stacklevel=1)
        warnings.warn("mine", UserWarning, stacklevel=1)
    assert [str(warning.message) for warning in caught] == ["mine"]


def test_afterwards_it_is_as_it_was() -> None:
    """However the block has ended."""
    with pytest.raises(KeyboardInterrupt), quiet_optuna():
        raise KeyboardInterrupt
    assert optuna.logging.get_verbosity() == optuna.logging.DEBUG
