"""What converters and quantizers cannot do, in one line. Imports no framework."""

from __future__ import annotations


class ConversionError(Exception):
    """A network that cannot become a file. The first line is the converter's reason."""


def reason(error: BaseException) -> str:
    """The line of a converter's message that says what is wrong, at most 250 characters."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if "error:" in line.lower()] or lines
    return telling[0][:250] if telling else type(error).__name__
