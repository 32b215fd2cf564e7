"""The scikit-learn example from an empty folder: ten trials, the front as a table, an export."""

import shutil
import subprocess
import sys
from pathlib import Path

from paretune.api.result import load

SCRIPT = Path(__file__).parents[2] / "examples" / "sklearn_study.py"


def test_ten_trials_and_an_export(tmp_path):
    """It runs as its first line says, and leaves what it names."""
    shutil.copy(SCRIPT, tmp_path)
    done = subprocess.run(
        [sys.executable, SCRIPT.name], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    result = load("sklearn-digits", storage=f"sqlite:///{tmp_path}/sklearn.db")
    assert len(result.trials) == 10
    assert result.front[0].values["accuracy"] > 0.9
    assert "accuracy  gpu_seconds" in done.stdout
    assert (tmp_path / "sklearn-knee" / "config.toml").is_file()
