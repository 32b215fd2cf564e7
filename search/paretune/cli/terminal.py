"""Where commands write: streams that survive any terminal, and consoles that know no markup.

Names, choices, metrics and messages are the user's and may hold anything. A console of ours reads
none of it as markup; a stream of ours writes what its encoding lacks as something that reads alike,
and outlives a reader that has gone or a disk that is full: a study must not end for want of an
audience.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

_ERRORS = "paretune-readable"
# What help pages and tables are drawn with, for a terminal that knows only ASCII.
_ALIKE = str.maketrans(
    {
        fancy: plain
        for plain, fancies in {
            "*": "•",
            "~": "…",
            "-": "–—─━╌╴╶╸╺",  # noqa: RUF001
            "|": "│┃",
            "+": "┌┐└┘├┤┬┴┼╭╮╰╯╷╵┏┓┗┛",
            "'": "‘’",  # noqa: RUF001
            '"': "“”",
            "x": "×",  # noqa: RUF001
            "^": "↑",
            "v": "↓",
            "<": "←",
            ">": "→",
        }.items()
        for fancy in fancies
    }
)


def console(*, stderr: bool = False) -> Console:
    """A console that prints text as it is: no markup, no emoji codes, no highlighting."""
    from rich.console import Console

    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def say(text: str = "", *, end: str = "\n") -> None:
    """Print one text to standard output at once."""
    sys.stdout.write(f"{text}{end}")
    sys.stdout.flush()


def tell(text: str) -> None:
    """Print prose: on a terminal no word is broken at its edge; elsewhere a line stays whole."""
    from rich.text import Text

    out = console()
    out.print(Text(text, overflow="fold"), soft_wrap=not out.is_terminal)


class Stream:
    """A text stream in front of another one; `problem` is the first error of writing to it.

    After that error nothing more is written, and nobody is told but `problem`.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.problem: OSError | None = None

    def write(self, text: str) -> int:
        self._attempt(lambda: self._encoded(text))
        return len(text)

    def flush(self) -> None:
        self._attempt(self._stream.flush)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _encoded(self, text: str) -> None:
        try:
            self._stream.write(text)
        except UnicodeEncodeError:
            encoding = self._stream.encoding
            self._stream.write(text.encode(encoding, _ERRORS).decode(encoding))

    def _attempt(self, action: Callable[[], None]) -> None:
        if self.problem is not None:
            return
        try:
            action()
        except OSError as error:
            self.problem = error
            with contextlib.suppress(OSError, ValueError):  # a stream without a descriptor
                # Or the interpreter's last flush would complain of the same.
                _point_to_nothing(self._stream.fileno())


@contextlib.contextmanager
def safe_streams() -> Iterator[Stream]:
    """Standard output and error as `Stream`s inside the block; gives the former."""
    _fill_closed_descriptors()
    codecs.register_error(_ERRORS, _readable)
    before = sys.stdout, sys.stderr
    out = Stream(before[0] or open(1, "w", encoding="utf-8", closefd=False))  # noqa: SIM115
    err = Stream(before[1] or open(2, "w", encoding="utf-8", closefd=False))  # noqa: SIM115
    sys.stdout, sys.stderr = out, err
    try:
        yield out
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = before


def _readable(error: UnicodeError) -> tuple[str, int]:
    """The error handler of an encoding that lacks a character: a letter alike, or an escape."""
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101  # nothing is decoded with it
    text = error.object[error.start : error.end].translate(_ALIKE)
    return text.encode("ascii", "backslashreplace").decode("ascii"), error.end


def _fill_closed_descriptors() -> None:
    """A descriptor closed by the shell (`>&-`) would be given to the next file, a database say,
    into which every stray line would go.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            _point_to_nothing(descriptor)


def _point_to_nothing(descriptor: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    if nothing != descriptor:
        os.dup2(nothing, descriptor)
        os.close(nothing)
