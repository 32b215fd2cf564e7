"""What of an export only the trial's own code can write, as a program.

    python -m paretune.worker.export_files TRIAL_FOLDER OUT [--title T] [--format F]...

It writes to OUT the sources of the user's modules (`code/`), for a bundled trainable `train.py`,
and the trained network in the formats that are asked for, where the store of stages still has it.
It prints one JSON object, a `Contents`. Nothing is trained.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from paretune.catalog import TRAINABLES
from paretune.errors import SearchError
from paretune.extras import install_command
from paretune.stages.stage_keys import Origin
from paretune.stages.stage_store import StageStore, StoreProblem
from paretune.trainables import Trainable
from paretune.trial.job import Assignment
from paretune.worker.code_version import local_sources, source_version
from paretune.worker.find_trainable import load_trainable
from paretune.worker.stage_plan import plan

CODE = "code"
TRAIN_SCRIPT = "train.py"


@dataclass
class Contents:
    """What was written, by its path below the export's folder."""

    sources: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)  # of the user's modules
    scripts: list[str] = field(default_factory=list)
    networks: dict[str, dict[str, float]] = field(default_factory=dict)  # file -> test score
    missing: dict[str, str] = field(default_factory=dict)  # format -> why it was not written


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0, or 2 after one line on standard error."""
    parser = argparse.ArgumentParser(prog="paretune.worker.export_files", description=__doc__)
    parser.add_argument("trial", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--title", default="this trial")
    parser.add_argument("--format", action="append", default=[], dest="formats")
    options = parser.parse_args(arguments)
    try:
        assignment = Assignment.read(options.trial)
        contents = write_files(assignment, options.out, options.title, options.formats)
    except (OSError, SearchError) as error:
        print(error, file=sys.stderr)  # noqa: T201 (a program of its own)
        return 2
    print(json.dumps(asdict(contents)))  # noqa: T201
    return 0


def write_files(assignment: Assignment, out: Path, title: str, formats: Sequence[str]) -> Contents:
    """Write them all. Raises OSError, or a SearchError for code that cannot be used."""
    if assignment.search_path is not None and assignment.search_path not in sys.path:
        sys.path.insert(0, assignment.search_path)
    contents = Contents()
    for module in user_modules(assignment):
        contents.versions[module] = source_version(module)
        contents.sources += _copy_sources(module, out)
    bundled = TRAINABLES.get(assignment.trainable)
    if bundled is not None:
        module, _, function = bundled.script.partition(":")
        script = getattr(importlib.import_module(module), function)(
            assignment.params,
            assignment.data,
            assignment.seed,
            trainable=assignment.trainable,
            device_kind=assignment.device_kind,
            title=title,
        )
        (out / TRAIN_SCRIPT).write_text(script, encoding="utf-8")
        contents.scripts.append(TRAIN_SCRIPT)
    if formats:
        _write_networks(assignment, out, formats, contents)
    return contents


def user_modules(assignment: Assignment) -> list[str]:
    """The modules of the user's that the trial has run, by name."""
    named = [str(assignment.params.get("keras_model", ""))]
    if assignment.trainable not in TRAINABLES:
        named = [assignment.trainable]
    return [name.partition(":")[0] for name in named if ":" in name]


def _copy_sources(module: str, out: Path) -> list[str]:
    """Copy them as they lie in their folder, below `code`. An installed module needs no copy."""
    spec = importlib.util.find_spec(module.partition(".")[0])
    if spec is None or spec.origin is None:
        return []
    home = Path(spec.origin).resolve()
    root = home.parent.parent if spec.submodule_search_locations else home.parent
    if "site-packages" in root.parts:
        return []
    names = []
    for source in local_sources(module):
        if source.is_relative_to(root):
            name = Path(CODE, source.relative_to(root))
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, out / name)
            names.append(name.as_posix())
    return names


def _write_networks(
    assignment: Assignment, out: Path, formats: Sequence[str], contents: Contents
) -> None:
    if assignment.origin is None or assignment.store is None:
        gone = "the study kept no stages ([store] limit_mib)"
        contents.missing |= dict.fromkeys(formats, gone)
        return
    if not Path(assignment.store).is_dir():
        gone = "the store of stages is not there any more"
        contents.missing |= dict.fromkeys(formats, gone)
        return
    trainable = load_trainable(assignment.trainable, assignment.search_path)
    products = _products(trainable, assignment)
    for name in formats:
        reason = _write_network(trainable, products, assignment.data, out, name, contents)
        if reason is not None:
            contents.missing[name] = reason


def _write_network(
    trainable: Trainable,
    products: Mapping[str, Path | None],
    data: Mapping[str, Any],
    out: Path,
    name: str,
    contents: Contents,
) -> str | None:
    """Why the format is not there; None where it was written."""
    form = trainable.formats.get(name)
    if form is None:
        known = ", ".join(trainable.formats) or "none"
        return f"the trainable {trainable.name!r} has no such format (it has {known})"
    for module in form.needs:
        if importlib.util.find_spec(module) is None:
            return f"{module} is not installed: {install_command(module)}"
    target = out / form.file
    try:
        score = form.write(products, data, target)
    except Exception as error:  # a framework's, for a network that it cannot write
        shutil.rmtree(target, ignore_errors=True)
        target.unlink(missing_ok=True)
        return f"{type(error).__name__}: {error}".splitlines()[0]
    contents.networks[form.file] = dict(score)
    return None


def _products(trainable: Trainable, assignment: Assignment) -> dict[str, Path | None]:
    """What the store has of each of the trial's stages."""
    store = StageStore(Path(assignment.store or ""))
    origin = Origin(**(assignment.origin or {}))
    found: dict[str, Path | None] = {}
    for planned in plan(trainable, origin, assignment.params):
        try:
            entry = store.get(planned.key) if planned.stored else None
        except StoreProblem:
            entry = None
        found[planned.name] = None if entry is None else entry.folder
    return found


if __name__ == "__main__":
    sys.exit(main())
