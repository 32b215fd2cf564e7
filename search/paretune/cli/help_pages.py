"""Help pages in which a flag is a flag: Typer writes `--prune <bool>`, as if it took a value."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup


class _PlainFlags:
    """Of a command or a group of them."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its options, `--help` included; flags without the name of a type."""
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for param in params:
            if getattr(param, "is_flag", False):
                param.metavar = ""
        return params


class Command(_PlainFlags, TyperCommand):
    """One command."""


class CommandGroup(_PlainFlags, TyperGroup):
    """All of them."""
