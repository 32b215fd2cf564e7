"""A user's mistake in the words of the command line: with the option that is at fault."""

from __future__ import annotations

from collections.abc import Mapping

from paretune.errors import SearchError, SpecError

# Of arguments of the Python API: the options that are not called like them.
_OPTIONS = {"figure": "--best", "folder": "--out", "formats": "--format", "path": "--plot"}
_OVERRIDE = {"override": "--set"}


def complaint(error: SearchError) -> str:
    """What is printed of an error, one mistake a line."""
    if isinstance(error, SpecError):
        return str(in_options(error, _OVERRIDE))
    if error.argument is None:
        return str(error)
    option = _OPTIONS.get(error.argument, f"--{error.argument.replace('_', '-')}")
    return f"{option} {error.message}"


def in_options(error: SpecError, options: Mapping[str, str]) -> SpecError:
    """The same mistakes; those of a key in `options` name the option instead."""
    problems = []
    for problem in error.problems:
        key, space, rest = problem.partition(" ")
        problems.append(f"{options.get(key, key)}{space}{rest}")
    return type(error)(error.place, problems)
