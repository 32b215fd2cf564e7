"""The wheel in a fresh environment that has its core dependencies and nothing else.

The dependencies are links into the environment of the tests: no network, no seconds of copying.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Install:
    """An environment that `paretune` was installed into."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def run(self, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """`paretune ARGUMENTS` there, seeing neither the checkout nor the tests' own packages."""
        return self._run(str(self.folder / "bin" / "paretune"), *arguments, cwd=cwd)

    def python_code(self, code: str, *, cwd: Path) -> subprocess.CompletedProcess[str]:
        return self._run(str(self.python), "-c", code, cwd=cwd)

    def run_program(self, path: str, *, cwd: Path) -> subprocess.CompletedProcess[str]:
        return self._run(str(self.python), path, cwd=cwd)

    def _run(self, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), "COLUMNS": "200"}
        return subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )


def build_wheel(folder: Path) -> Path:
    """The wheel of this checkout, in `folder`."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path) -> Install:
    """The wheel and the core dependencies in a new environment at `folder`."""
    venv.create(folder, with_pip=False, symlinks=True)
    made = Install(folder)
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", str(made.python), "install"),
            *("--quiet", "--no-deps", "--no-index", "--disable-pip-version-check", str(wheel)),
        ],
        check=True,
        capture_output=True,
    )
    (site,) = folder.glob("lib/python*/site-packages")
    (metadata,) = site.glob("paretune-*.dist-info")
    for needed in closure(Distribution.at(metadata)):
        _link(needed, site)
    return made


def closure(package: Distribution) -> Iterator[Distribution]:
    """Everything that `package` needs without any extra, and what that needs."""
    waiting, seen = [package], {canonicalize_name(package.metadata["Name"])}
    while waiting:
        for line in waiting.pop().requires or ():
            wanted = Requirement(line)
            name = canonicalize_name(wanted.name)
            if name in seen or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
                continue
            seen.add(name)
            waiting.append(distribution(name))
            yield waiting[-1]


def _link(package: Distribution, site: Path) -> None:
    tops = {Path(str(file)).parts[0] for file in package.files or ()} - {"..", "__pycache__"}
    for top in tops:
        if not (site / top).exists():
            (site / top).symlink_to(str(package.locate_file(top)))
