"""A script that holds both a function and its study, without `if __name__ == "__main__":`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import paretune as pt

SCRIPT = """
import paretune as pt

print("top", flush=True)
SCALE = 2.0


def train(params, context):
    return {"accuracy": params["x"] / SCALE, "size": params["x"]}


study = pt.Study(
    "scripted",
    train,
    space={"x": pt.Float(0.1, 1.0)},
    objectives={"accuracy": "maximize", "size": "minimize"},
    budget=pt.Budget(trials=2),
)
result = study.run(devices=1, storage="sqlite:///runs.db")
print("below", len(result.trials), flush=True)
"""


def python(folder: Path, *arguments: str, text: str | None = None) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_script_runs_its_own_function(tmp_path: Path) -> None:
    """Workers import the script up to `run`: what is below happens once. Then it goes on: with a
    larger budget, which is no other code; and under the command line, which finds it by its name.
    """
    (tmp_path / "mine.py").write_text(SCRIPT)
    code, out, err = python(tmp_path, "mine.py")
    assert (code, err) == (0, "")
    assert out.count("top") == 1
    assert out.count("below 2") == 1
    log = (tmp_path / "runs.db.files" / "scripted" / "worker.log").read_text()
    assert (log.count("top"), log.count("below")) == (1, 0)
    (tmp_path / "mine.py").write_text(SCRIPT.replace("trials=2", "trials=3"))
    code, out, err = python(tmp_path, "mine.py")
    assert (code, err) == (0, "")
    assert "below 3" in out
    loaded = pt.load("scripted", storage=f"sqlite:///{tmp_path}/runs.db")
    assert loaded.loaded.spec.trainable == "mine:train"
    (tmp_path / "mine.py").write_text(SCRIPT.replace("SCALE = 2.0", "SCALE = 3.0"))
    code, _, err = python(tmp_path, "mine.py")
    assert code == 1
    assert "accept_changed_code is needed: code changed after 3 trials" in err


def test_a_function_below_the_first_run(tmp_path: Path) -> None:
    """A script may run two studies; the functions of both stand above, and it says so if not."""
    second = SCRIPT.replace("import paretune as pt", "").replace("train", "later")
    (tmp_path / "mine.py").write_text(SCRIPT + second.replace("scripted", "second"))
    code, _, err = python(tmp_path, "mine.py")
    assert code == 1
    assert "has no 'later' above the first line that runs a study: define it there" in err


def test_a_script_reads_its_arguments(tmp_path: Path) -> None:
    """What it was called with is there in the worker as well; one that ends early is told."""
    reads = "import sys\nSCALE = float(sys.argv[1])\nif SCALE > 9:\n    sys.exit(3)\n"
    (tmp_path / "mine.py").write_text(SCRIPT.replace("SCALE = 2.0\n", reads))
    code, _, err = python(tmp_path, "mine.py", "4.0")
    assert (code, err) == (0, "")
    loaded = pt.load("scripted", storage=f"sqlite:///{tmp_path}/runs.db")
    assert loaded.trials[0].values is not None
    assert loaded.trials[0].values["accuracy"] == loaded.trials[0].params["x"] / 4
    (tmp_path / "exits.py").write_text(
        "import os\nif 'PARETUNE_OWNER' in os.environ: exit(3)\n"
        + SCRIPT.replace("scripted", "exits")
    )
    code, _, err = python(tmp_path, "exits.py")
    assert code == 1
    assert "importing it failed: SystemExit: 3" in err


def test_a_module_of_a_package_run_by_its_name(tmp_path: Path) -> None:
    """`python -m package.module` is imported as that, from the package's folder."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "__init__.py").write_text("")
    (tmp_path / "tools" / "mine.py").write_text(SCRIPT)
    code, _, err = python(tmp_path, "-m", "tools.mine")
    assert (code, err) == (0, "")
    loaded = pt.load("scripted", storage=f"sqlite:///{tmp_path}/runs.db")
    assert loaded.loaded.spec.trainable == "tools.mine:train"


def test_scripts_that_cannot_be_imported(tmp_path: Path) -> None:
    """A name that is none of Python's, or no file at all: refused, with the cure."""
    (tmp_path / "my-study.py").write_text(SCRIPT)
    code, _, err = python(tmp_path, "my-study.py")
    assert code == 1
    assert "call the script my_study.py" in err
    code, _, err = python(tmp_path, "-", text=SCRIPT)
    assert code == 1
    assert "its source is not to be had" in err
    assert "%%writefile train.py" in err
    assert not (tmp_path / "runs.db").exists()
