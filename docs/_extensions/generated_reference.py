"""Pages that are made from the program: study file, settings, commands, architecture.

Written to `docs/_generated` before Sphinx reads its sources, and included by the pages there.
"""

from __future__ import annotations

import tomllib
import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import paretune
from architecture_picture import draw
from paretune.cli.app import app
from paretune.spec import study_file
from paretune.trainables import settings
from pydantic import BaseModel
from sphinx.application import Sphinx
from typer.cli import get_docs_for_click
from typer.main import get_command

DOCS = Path(__file__).parents[1]
OUT = DOCS / "_generated"
# The order in which a reader meets them; names that are new come after these.
FIRST = ("Study", "Result", "Chosen", "load", "Float", "Int", "Choice", "Budget", "Limits")


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("builder-inited", lambda _: write_all())
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_all() -> None:
    """Write every generated page, leaving alone what has not changed."""
    OUT.mkdir(exist_ok=True)
    with (DOCS.parent / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    pages = {
        "study_file.md": study_file_reference(),
        "train.md": train_reference(),
        "commands.md": command_reference(),
        "python.md": python_reference(),
        "architecture.svg": draw(contracts[0]["layers"]),
    }
    for name, text in pages.items():
        path = OUT / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def study_file_reference() -> str:
    """The top of a study file, then each of its tables."""
    parts = ["## Keys at the top", _model_table(study_file.StudyFile)]
    objective = study_file.ObjectiveTable
    parts += ["## An objective as a table", objective.__doc__ or "", _model_table(objective)]
    for name, field in study_file.StudyFile.model_fields.items():
        model = field.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            parts += [f"## `[{name}]`", model.__doc__ or "", _model_table(model)]
    return "\n\n".join(parts) + "\n"


def _model_table(model: type[BaseModel]) -> str:
    rows = []
    for name, field in model.model_fields.items():
        default = "required" if field.is_required() else _literal(field.get_default())
        rows.append((f"`{name}`", _kind(field.annotation), default, _line(field.description)))
    return _table(("key", "value", "default", "meaning"), rows)


def train_reference() -> str:
    """What the bundled trainables read of `[train]` and of the space, stage by stage."""
    parts = []
    for title, group in (
        ("Training", settings.TrainSettings),
        ("Decay", settings.DecaySettings),
        ("The bundled network", settings.CnnSettings),
        ("Pruning", settings.PruneSettings),
        ("Quantization-aware training", settings.AwareSettings),
        ("Quantization", settings.QuantizeSettings),
    ):
        rows = [
            (
                f"`{item.name}`",
                item.metadata["check"].wanted.removeprefix("choose ").removeprefix("give "),
                "" if item.default is MISSING else _literal(item.default),
                item.metadata["about"],
            )
            for item in fields(group)
        ]
        parts += [f"### {title}", _table(("setting", "value", "default", "meaning"), rows)]
    return "\n\n".join(parts) + "\n"


def command_reference() -> str:
    """Every command's help, as Typer tells it."""
    import typer

    command = get_command(app)
    context = typer.Context(command, info_name="paretune")
    text = get_docs_for_click(obj=command, ctx=context, name="paretune")
    return text.replace("# `paretune`\n", "", 1).replace("\n# ", "\n## ")


def python_reference() -> str:
    """A directive for each public name of the package: functions and classes, then exceptions."""
    public = [name for name in paretune.__all__ if not name.startswith("__")]
    names = [*FIRST, *(name for name in public if name not in FIRST)]
    objects = {name: getattr(paretune, name) for name in names}
    errors = [n for n in names if isinstance(objects[n], type) and _is_error(objects[n])]
    parts = []
    for name in [*(n for n in names if n not in errors), *errors]:
        kind = "class" if isinstance(objects[name], type) else "function"
        # A protocol is never made by hand: it is shown without arguments.
        call = "()" if getattr(objects[name], "_is_protocol", False) else ""
        parts += [
            f"## {name}",
            f"```{{eval-rst}}\n.. auto{'exception' if name in errors else kind}:: "
            f"paretune.{name}{call}\n" + ("   :members:\n" if kind == "class" else "") + "```",
        ]
    return "\n\n".join(parts) + "\n"


def _is_error(found: type) -> bool:
    return issubclass(found, Exception)


def _kind(annotation: Any) -> str:
    """A type in the words of a TOML file."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in (str, int, float, bool):
        words = {str: "text", int: "whole number", float: "number", bool: "true or false"}
        return words[annotation]
    if origin is Literal:
        return ", ".join(f"`{choice}`" for choice in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(_kind(part) for part in arguments if part is not type(None))
    if origin is list:
        return "tables" if get_origin(arguments[0]) is dict else f"list of {_kind(arguments[0])}s"
    if origin is dict or (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return "table"
    if hasattr(annotation, "__metadata__"):  # Annotated: its bounds are in the meaning
        return _kind(arguments[0])
    return "any value"


def _literal(value: Any) -> str:
    if isinstance(value, BaseModel):
        return "below"
    if value is None or isinstance(value, Mapping) or value == []:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return f'`"{value}"`' if isinstance(value, str) else f"`{value:g}`"


def _line(text: str | None) -> str:
    if not text:
        raise ValueError("a key has no description: write one below it")
    return " ".join(text.split())


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
