"""What libraries may say on the terminal."""

from __future__ import annotations

import warnings

import optuna
import pytest
from paretune.cli.logs import quieten


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch):
    """Optuna's verbosity is the process's: other tests have it back."""
    before = optuna.logging.get_verbosity()
    with warnings.catch_warnings():
        yield
    optuna.logging.set_verbosity(before)


def test_optuna_tells_errors_only(caplog: pytest.LogCaptureFixture) -> None:
    """Neither its reports of every trial nor its warnings of experiments; errors still come."""
    optuna.logging.set_verbosity(optuna.logging.INFO)
    warnings.simplefilter("error")
    quieten()
    assert optuna.logging.get_verbosity() == optuna.logging.ERROR
    warnings.warn("is experimental", optuna.exceptions.ExperimentalWarning, stacklevel=1)
    with pytest.raises(UserWarning, match="mine"):
        warnings.warn("mine", UserWarning, stacklevel=1)
