"""Commands that only read answer at once: they import no framework and nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import optuna
import pytest

HEAVY = ("tensorflow", "tf_keras", "torch", "pandas", "sklearn", "matplotlib", "plotly", "scipy")
PROBE = """
import sys
from paretune.cli import main
code = main(sys.argv[1:])
loaded = [name for name in {heavy!r} if name in sys.modules]
print(loaded, "optuna" in sys.modules, file=sys.stderr)
sys.exit(code)
"""


def imported(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(heavy=HEAVY), *arguments],
        env={"PYTHONPATH": ":".join(sys.path), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("arguments", [("--help",), ("run", "--help"), ("--version",)])
def test_help_imports_not_even_optuna(arguments: tuple[str, ...]) -> None:
    """Help needs the words only."""
    assert imported(*arguments) == "[] False"


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_front_imports_nothing_heavy(made_study: optuna.Study, storage_url: str, form: str) -> None:
    """A front needs Optuna to be read, and no framework."""
    name = made_study.study_name
    assert imported("front", name, "--storage", storage_url, "--format", form) == "[] True"


def test_a_list_imports_not_even_optuna(made_study: optuna.Study, storage_url: str) -> None:
    """Three statements answer it: importing what reads trials would take longer."""
    assert made_study.study_name
    assert imported("list", "--storage", storage_url) == "[] False"


def test_a_store_imports_nothing_heavy(made_study: optuna.Study, storage_url: str) -> None:
    """It names the studies whose stages it holds."""
    assert made_study.study_name
    assert imported("store", "--storage", storage_url) == "[] True"
