"""User text within Markdown: no character of it is markup, nor ends a table's cell."""

from __future__ import annotations

import html
import re

# An underscore within a word is one already; so is every sign that means something only where a
# line begins.
_MARKS = re.compile(r"[\\`*\[\]|~]|(?<!\w)_|_(?!\w)")


def plain(text: str) -> str:
    r"""The text as it is, on one line.

    Examples:
        >>> plain("f1[macro] | <b>")
        'f1\\[macro\\] \\| &lt;b>'
    """
    marked = _MARKS.sub(r"\\\g<0>", " ".join(text.split()))
    return html.escape(marked, quote=False).replace("&gt;", ">")


def code(text: str) -> str:
    """The text as code, for names that are typed.

    Examples:
        >>> code("batch_size")
        '`batch_size`'
    """
    flat = " ".join(text.split()).replace("|", r"\|")
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", flat)), default=0))
    pad = " " if flat.startswith("`") or flat.endswith("`") or not flat else ""
    return f"{fence}{pad}{flat}{pad}{fence}"
