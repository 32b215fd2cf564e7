"""What a user can get wrong. Every message carries the value, the place and the cure.

The CLI prints a `SearchError` as one line and exits with 2; anything else is a bug and keeps its
traceback. A trial that fails is no error at all: it is an `Outcome` (paretune.trial).
"""

from __future__ import annotations

from collections.abc import Sequence


class SearchError(Exception):
    """A mistake in what the user gave.

    Attributes:
        message: What is wrong and how to mend it, beginning with the value.
        argument: The argument of the Python API that is at fault, where it is one. The text of
            the error begins with it; the command line has an option in its place.
        exit_code: That of the command line.
    """

    exit_code = 2

    def __init__(self, message: str = "", *, argument: str | None = None) -> None:
        self.message = message
        self.argument = argument
        super().__init__(message if argument is None else f"{argument} {message}")


class SpecError(SearchError):
    """A study file that cannot be run; `problems` lists every mistake in it, one line each."""

    def __init__(self, place: str, problems: Sequence[str]) -> None:
        self.place = place
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{place}: {problem}" for problem in self.problems))


class SpaceError(SpecError):
    """A search space that cannot be searched."""


class StudyError(SearchError):
    """A study that is not there, or cannot be resumed as asked."""


class StudyHalted(SearchError):
    """A study that ended itself, since every further trial would fail in the same way."""

    exit_code = 1


class StorageError(SearchError):
    """A storage that cannot be reached or read."""


class StoreError(SearchError):
    """A store of stages that cannot be shown or pruned as asked."""


class DataError(SearchError):
    """A data set that is missing, malformed or unsafe to load."""


class TrainableError(SearchError):
    """A trainable that cannot be imported or does not keep its contract."""


class DeviceError(SearchError):
    """Devices asked for that this machine does not have."""


class MissingExtraError(SearchError):
    """Something needs a package that comes with an extra, and it is not installed."""


class ExportError(SearchError):
    """A configuration that cannot be chosen or written."""


class DashboardError(SearchError):
    """A dashboard that cannot be served."""
