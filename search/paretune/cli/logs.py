"""What libraries may say on the terminal while a command runs."""

from __future__ import annotations


def quieten() -> None:
    """Leave out Optuna's reports of every step: the commands show the same, once."""
    import warnings

    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
