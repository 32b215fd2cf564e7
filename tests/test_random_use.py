"""Random study files, command lines and environments, in process.

Whatever is given: no traceback, an exit code that is documented, complaints of one line each,
nothing written outside the storage and its folder (or where an option said), and no trial that has
finished is lost.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from instant_executor import PHASES, InstantExecutor
from paretune.cli import main
from paretune.study import run_study as runs
from paretune.study.storage.load_study import load_study
from paretune.study.storage.open_storage import open_storage
from paretune.trial.job import Job
from paretune.trial.outcome import Outcome, Status
from random_studies import ENVIRONMENTS, STUDY, overrides, questions, spaces, spoilt, studies

DOCUMENTED = {0, 1, 2}  # and 130, after Ctrl-C
FIGURES = ("accuracy", "f1[macro]", "größe (mm²)", "$x$", "a|b", "loss")


class FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


class Sandbox:
    """A user's folders, and a storage; `main` run in them."""

    def __init__(self, root: Path, template: Path, environment: dict[str, Any]) -> None:
        self.root = root
        self.environment = environment
        for name in ("here", "home", "data", "studies"):
            (root / name).mkdir()
        shutil.copyfile(template, root / "data" / "studies.db")
        self.url = f"sqlite:///{root / 'data' / 'studies.db'}"
        (root / "here" / "taken").mkdir()
        (root / "here" / "taken" / "thesis.txt").write_text("years of work", encoding="utf-8")
        self.executors: list[InstantExecutor] = []

    def paretune(self, arguments: list[str]) -> int:
        """Run one command and judge what can be judged of any."""
        kind = self.environment["output"]
        output = FullDisk() if kind == "full" else io.TextIOWrapper(io.BytesIO(), encoding=kind)
        errors = io.StringIO()
        with (
            self._around(),
            mock.patch.object(sys, "stdout", output),
            mock.patch.object(sys, "stderr", errors),
            mock.patch.object(sys, "stdin", io.StringIO()),
            mock.patch.object(runs, "LocalExecutor", self._executor),
        ):
            code = main(arguments)
        told = errors.getvalue()
        assert code in DOCUMENTED, (arguments, code)
        assert "Traceback" not in told
        for line in told.splitlines():
            assert line.startswith("paretune: "), (arguments, line)
            assert line != "paretune: "
        if code == 2:
            assert told, arguments
        event(f"{arguments[0]} exits with {code}")
        event(f"any command exits with {code}")
        return code

    def completed(self) -> int:
        """How many trials the executors have brought back as completed."""
        finished = [event for executor in self.executors for event in executor.told]
        return sum(event.outcome.status is Status.COMPLETED for event in finished)

    def files(self) -> set[str]:
        """Everything but the storage and its folder, what `--out` and `--plot` name, and the
        caches that matplotlib makes for its fonts.
        """
        own = ("data/studies.db", "here/out", "here/é", "home/.cache", "home/.config")
        names = (str(path.relative_to(self.root)) for path in self.root.rglob("*"))
        return {name for name in names if not name.startswith(own)}

    def _executor(self, devices: Any, *_: Any, **__: Any) -> InstantExecutor:
        self.executors.append(InstantExecutor(devices, outcome))
        return self.executors[-1]

    @contextlib.contextmanager
    def _around(self) -> Iterator[None]:
        home = self.root / "home"
        kind = self.environment["home"]
        variables = {"PATH": os.environ["PATH"], **self.environment["variables"]}
        if kind != "unset":
            place = {"there": home, "missing": home / "none", "file": home / "file"}[kind]
            variables["HOME"] = str(place)
        if kind == "file":
            (home / "file").touch()
        if self.environment["columns"] is not None:
            variables["COLUMNS"] = self.environment["columns"]
        before = Path.cwd()
        here = self.root / "here"
        if self.environment["folder"] == "deleted":
            here = self.root / "gone"
            here.mkdir()
        os.chdir(here)
        try:
            if self.environment["folder"] == "deleted":
                here.rmdir()
            with mock.patch.dict(os.environ, variables, clear=True):
                yield
        finally:
            os.chdir(before)


def outcome(job: Job) -> Outcome:
    """Of any job: mostly completed, at times failed in a way that is hard to tell."""
    chance = random.Random(repr(sorted(job.params.items())))
    if chance.random() < 0.15:
        return Outcome(Status.FAILED, phases=PHASES, error=f"[/relu] {chance.random()} é | `x`")
    return Outcome(
        Status.COMPLETED, metrics={name: chance.random() for name in FIGURES}, phases=PHASES
    )


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables: making them takes longer than an example."""
    path = tmp_path_factory.mktemp("empty") / "studies.db"
    open_storage(f"sqlite:///{path}")
    return path


def try_out(
    template: Path,
    environment: dict[str, Any],
    study: str,
    space: str,
    options: list[str],
    asked: list[list[str]],
) -> None:
    """One example: a study is run, and asked about."""
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(Path(folder), template, environment)
        file = sandbox.root / "studies" / "mine.toml"
        file.write_text(study, encoding="utf-8")
        (file.parent / "space.toml").write_text(space, encoding="utf-8")
        storage = ["--storage", sandbox.url]
        before = sandbox.files()
        sandbox.paretune(["run", str(file), *options, *storage])
        for form in asked:
            question = [name_in(study) if word == STUDY else word for word in form]
            plain = question[0] in ("train", "frnt") or question[-1].startswith("--")
            sandbox.paretune(question if plain else [*question, *storage])
        assert sandbox.files() - before <= {"home/file"}
        if sandbox.completed():
            for name in ("mine", "a", "Study_2.b"):
                with contextlib.suppress(Exception):
                    loaded = load_study(name, sandbox.url)
                    kept = sum(r.status is Status.COMPLETED for r in loaded.records)
                    assert kept == sandbox.completed()
                    break
            else:
                pytest.fail("a study with finished trials is gone")


def name_in(study: str) -> str:
    """The name that a study file gives its study, as far as it can be read."""
    with contextlib.suppress(tomllib.TOMLDecodeError):
        return str(tomllib.loads(study).get("name", "mine")) or "mine"
    return "mine"


EXAMPLE = given(
    environment=ENVIRONMENTS,
    study=spoilt(studies()),
    space=spoilt(spaces()),
    options=overrides(),
    asked=st.lists(questions(), min_size=1, max_size=3),
)
CHECKS = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]


@settings(
    max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=CHECKS
)
@EXAMPLE
def test_random_use(empty_database: Path, **example: Any) -> None:
    """A hundred examples, the same ones each time."""
    try_out(empty_database, **example)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@settings(
    phases=(Phase.generate,),
    max_examples=1000,
    deadline=None,
    database=None,
    suppress_health_check=CHECKS,
)
@EXAMPLE
def test_much_random_use(empty_database: Path, **example: Any) -> None:
    """A thousand others each time."""
    try_out(empty_database, **example)
