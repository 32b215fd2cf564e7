"""The wheel: one package, all that is bundled in it, and the engine works without a framework."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from core_install import Install, build_wheel, install
from packaging.requirements import Requirement
from paretune.extras import EXTRAS

ROOT = Path(__file__).parents[2]
STUDY = """
name = "mine"
space = "space.toml"
trainable = "mine:train"
objectives = {loss = "minimize", gpu_seconds = "minimize"}
budget = {trials = 6}
sampler = {name = "cost_aware", seed = 1}
stopper = {name = "front"}
"""
SPACE = """
[x]
type = "float"
low = -1.0
high = 1.0
"""
TRAIN = """
def train(params, context):
    for epoch in range(1, 4):
        context.report(epoch, loss=params["x"] ** 2 + 1 / epoch)
    context.save_artifact(b"no real model", "model.tflite")
    return {"loss": params["x"] ** 2}
"""
IMPORT_ALL = """
import importlib, pkgutil, paretune
# The worker's side of Keras, and a subclass of matplotlib's figure: imported where they are used.
apart = ("paretune.trainables.keras", "paretune.trainables.tflite", "paretune.__main__",
         "paretune.report.front_figure")
for module in pkgutil.walk_packages(paretune.__path__, "paretune."):
    if not module.name.startswith(apart):
        importlib.import_module(module.name)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def core(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Install:
    return install(wheel, tmp_path_factory.mktemp("core") / "venv")


@pytest.fixture(scope="module")
def folder(core: Install, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder in which a study of one's own has been run."""
    made = tmp_path_factory.mktemp("empty")
    for name, text in (("study.toml", STUDY), ("space.toml", SPACE), ("mine.py", TRAIN)):
        (made / name).write_text(text, encoding="utf-8")
    ran = core.run("run", "study.toml", "--storage", "sqlite:///own.db", cwd=made)
    assert ran.returncode == 0, ran.stderr
    return made


def test_a_wheel_holds_one_package_with_its_types_spaces_and_studies(wheel: Path) -> None:
    """Nothing else lands in site-packages, and nothing that is bundled is left out."""
    names = zipfile.ZipFile(wheel).namelist()
    packages = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert packages == {"paretune"}
    assert "paretune/py.typed" in names
    for kind in ("spaces", "studies"):
        for path in (ROOT / kind).glob("*.toml"):
            assert f"paretune/bundled/{kind}/{path.name}" in names
    for path in (ROOT / "search" / "paretune" / "report" / "page" / "assets").iterdir():
        assert f"paretune/report/page/assets/{path.name}" in names


def test_bundled_studies_are_found_from_any_folder(core: Install, tmp_path: Path) -> None:
    """They are in the wheel, not in a checkout beside it."""
    listed = core.run("list", cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr
    for path in (ROOT / "studies").glob("*.toml"):
        assert path.stem in listed.stdout


def test_every_module_of_the_engine_can_be_imported(core: Install, tmp_path: Path) -> None:
    """No module of the engine imports an optional package when it is imported itself."""
    done = core.python_code(IMPORT_ALL, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_study_of_ones_own_runs_in_an_empty_folder(core: Install, folder: Path) -> None:
    """Cost-aware sampler, early stopping and front need the core install only."""
    shown = core.run(
        "front", "mine", "--storage", "sqlite:///own.db", "--format", "json", cwd=folder
    )
    assert json.loads(shown.stdout)["front"]


OWN = ("--storage", "sqlite:///own.db")


@pytest.mark.parametrize(
    ("arguments", "needs", "extra"),
    [
        (("run", "digits", "--storage", "sqlite:///new.db"), "tensorflow", "keras"),
        (("predict", "digits", *OWN), "tensorflow", "keras"),
        (("export", "mine", "--rule", "knee", "--out", "out", *OWN), "ai_edge_litert", "keras"),
        (("front", "mine", "--plot", "front.png", *OWN), "matplotlib", "plot"),
        (("report", "mine", "--format", "svg", *OWN), "matplotlib", "plot"),
        (("cost", "mine", "--plot", "cost.png", *OWN), "matplotlib", "plot"),
        (("dashboard", "--port", "0", *OWN), "optuna_dashboard", "dashboard"),
        (("run", "study.toml", "--sampler", "gp", *OWN), "torch", "torch"),
        (("list", "--storage", "postgresql://localhost/x"), "psycopg", "postgresql"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else value,
)
def test_a_missing_extra_is_one_line_with_its_cure(
    core: Install, folder: Path, arguments: tuple[str, ...], needs: str, extra: str
) -> None:
    """Exit code 2, the command to type, and nothing left behind."""
    before = sorted(folder.iterdir())
    done = core.run(*arguments, cwd=folder)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 2
    assert needs in line
    assert line.endswith(f'pip install "paretune[{extra}]"')
    assert sorted(folder.iterdir()) == before


def test_a_trainable_that_needs_an_extra_says_which(core: Install, folder: Path) -> None:
    """A module of the user's that imports PyTorch: the same line, with the place."""
    (folder / "mine.py").write_text("import torch\n" + TRAIN, encoding="utf-8")
    done = core.run("run", "study.toml", "--name", "again", *OWN, cwd=folder)
    (folder / "mine.py").write_text(TRAIN, encoding="utf-8")
    (line,) = done.stderr.splitlines()
    assert done.returncode == 2
    assert "'torch'" in line
    assert 'pip install "paretune[torch]"' in line


def test_the_extras_that_messages_name_are_the_packages_own() -> None:
    """`paretune[all]` brings those that are of use to everybody."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        declared = tomllib.load(file)["project"]["optional-dependencies"]
    assert set(declared) == {*EXTRAS, "all"}
    (everything,) = map(Requirement, declared["all"])
    assert everything.extras == set(EXTRAS) - {"s3", "gcs", "onnx", "mlflow", "wandb"}


NEWCOMER = """
import paretune as pt
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split


def train(params, context):
    x, y = load_digits(return_X_y=True)
    x, x_val, y, y_val = train_test_split(x / 16, y, random_state=0)
    model = SGDClassifier(alpha=params["alpha"], random_state=context.seed)
    for epoch in range(1, params["epochs"] + 1):
        model.partial_fit(x, y, classes=range(10))
        context.report(epoch, accuracy=model.score(x_val, y_val))
    return {"accuracy": model.score(x_val, y_val)}


study = pt.Study(
    "newcomer",
    train,
    space={"alpha": pt.Float(1e-6, 1e-1, log=True), "epochs": pt.Int(1, 20)},
    objectives={"accuracy": "maximize", "gpu_seconds": "minimize"},
    budget=pt.Budget(trials=10),
)
result = study.run(storage="sqlite:///studies.db", progress=False)
table = result.to_pandas()
print(table[["accuracy", "gpu_seconds", "alpha", "epochs"]])
result.knee(where="accuracy >= 0.5").export("chosen")
"""


def test_whatever_the_package_imports_is_installed_by_it(core: Install) -> None:
    """Each module is Python's own, a core dependency's, or of an extra that a message names."""
    (site,) = core.folder.glob("lib/python*/site-packages")
    installed = {path.stem.split(".")[0] for path in site.iterdir()}
    optional = {module for modules in EXTRAS.values() for module in modules}
    known = {*sys.stdlib_module_names, *installed, *optional, "IPython"}  # a notebook has it
    missing: dict[str, str] = {}
    for path in (ROOT / "search" / "paretune").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                named = [node.module or ""]
            missing |= {name: path.name for name in named if name.split(".")[0] not in known}
    assert missing == {}


@pytest.mark.nightly
def test_a_newcomer_gets_from_an_empty_environment_to_an_export(
    wheel: Path, tmp_path: Path
) -> None:
    """From the package index, as a user does it: a scikit-learn function, ten trials, the front
    as a DataFrame, an export."""
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    made = Install(tmp_path / "venv")
    pip = [str(made.python), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, f"{wheel}[pandas]", "scikit-learn"], check=True)
    work = tmp_path / "work"
    work.mkdir()
    (work / "newcomer.py").write_text(NEWCOMER, encoding="utf-8")
    done = made.run_program("newcomer.py", cwd=work)
    assert done.returncode == 0, done.stderr
    assert "gpu_seconds" in done.stdout
    assert (work / "chosen" / "config.toml").exists()
