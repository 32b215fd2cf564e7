"""The rules of the house, by which a thing is found where its name says."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "search" / "paretune"
MODULES = sorted(p.relative_to(PACKAGE) for p in PACKAGE.rglob("*.py") if p.stem[:2] != "__")
FOLDERS = ("search", "tests", "benchmarks", "examples", "docs")
MOST_LINES = 400
MOST_MODULES = 10  # of a folder of study/

# Modules without a test file of their own, and where they are tested.
TESTED_ELSEWHERE = {
    "api/locate_trainable.py": "api/test_study.py",  # every way to give a trainable
    "data/part_checks.py": "data/test_dataset.py",  # what a data set is refused for
    "data/split.py": "data/test_dataset.py",  # two arrays
    "execute/started_trial.py": "execute/test_local_executor.py",  # whose it is
    "export/export_programs.py": "export/test_export_trial.py",  # it starts the two programs
    "money/learned_costs.py": "study/spending/test_treasury.py",  # which it is made for
    "optuna_internals.py": "study/storage/test_stored_study.py",  # one call of Optuna's each
    "study/assemble.py": "study/test_loop.py",  # it only joins the parts of a loop
    "study/dashboard_note.py": "dashboard/test_server.py",
    "study/storage/database_access.py": "study/storage/test_open_storage.py",
    "study/stored_trials/study_marks.py": "study/storage/test_open_study.py",  # names only
    "study/spending/stored_costs.py": "study/spending/test_whole_budgets.py",
    "study/spending/study_forecast.py": "cli/commands/test_predict_command.py",
    "trainables/keras/save_network.py": "export/test_export_trial.py",  # loaded without us
    # The text of one script, which is run there and here as a whole.
    "trainables/keras/script/compression_parts.py": "trainables/keras/script/test_train_script.py",
    "trainables/keras/script/network_parts.py": "trainables/keras/script/test_train_script.py",
    "trainables/keras/script/training_parts.py": "trainables/keras/script/test_train_script.py",
}


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_the_test_of_a_module_is_found_by_its_name(module: Path) -> None:
    """`tests/a/test_b.py` tests `search/paretune/a/b.py`; the exceptions are few."""
    test = Path("tests", module.parent, f"test_{module.name}")
    elsewhere = TESTED_ELSEWHERE.get(module.as_posix())
    if elsewhere is None:
        assert (ROOT / test).is_file(), f"write {test}"
    else:
        assert (ROOT / "tests" / elsewhere).is_file()


def test_every_exception_is_a_module() -> None:
    """One that was moved or deleted leaves the list."""
    assert TESTED_ELSEWHERE.keys() <= {module.as_posix() for module in MODULES}


def twice(places: dict[str, list[Path]]) -> dict[str, list[Path]]:
    return {name: found for name, found in places.items() if len(found) > 1}


def test_no_two_modules_have_one_name() -> None:
    """Neither of the package nor of its tests: a traceback and a search name one file."""
    modules, tests = defaultdict(list), defaultdict(list)
    for module in MODULES:
        modules[module.stem].append(module)
    for test in (ROOT / "tests").rglob("test_*.py"):
        tests[test.stem].append(test)
    assert twice(modules) == {}
    assert twice(tests) == {}


def test_no_two_public_classes_have_one_name() -> None:
    """A class is one thing, wherever it is imported."""
    classes = defaultdict(list)
    for path in PACKAGE.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                classes[node.name].append(path)
    assert twice(classes) == {}


def test_files_are_small() -> None:
    """No Python file is longer than can be read at once."""
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            assert lines <= MOST_LINES, f"{path.relative_to(ROOT)} has {lines} lines"


def test_a_study_is_one_level_of_small_folders() -> None:
    """Nobody has to look three folders deep, or through dozens of files."""
    study = PACKAGE / "study"
    folders = [study, *(path.parent for path in study.rglob("__init__.py"))]
    for folder in folders:
        assert len(folder.relative_to(study).parts) <= 1, folder
        modules = [path for path in folder.glob("*.py") if path.stem != "__init__"]
        assert len(modules) <= MOST_MODULES, f"{folder.relative_to(ROOT)} has {len(modules)}"


def test_the_package_is_imported_by_its_name() -> None:
    """`search/` is the folder it lies in, not what it is called."""
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.level == 0:
                    names = [node.module or ""]
                assert not [n for n in names if n.partition(".")[0] == "search"], path
