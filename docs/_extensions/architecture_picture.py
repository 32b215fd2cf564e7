"""The architecture as an SVG, from the import layers of `pyproject.toml`: the two cannot differ."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Sequence
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "search" / "paretune"
WIDTH, ROW, GAP, LEFT = 900, 34, 6, 12
_INDENT, _LETTER = 148, 6.9  # of a description; pixels
# Both stand out on a light and on a dark page.
_STYLE = """
svg { font-family: system-ui, sans-serif; font-size: 14px }
rect { fill: #0072B2; fill-opacity: 0.10; stroke: #0072B2; stroke-width: 1 }
.worker rect { fill: #D55E00; stroke: #D55E00; fill-opacity: 0.12 }
.name { font-weight: 600; fill: #5b87ad }
.worker .name { fill: #cc6a2b }
.about, .arrow { fill: #7d8590 }
"""
_WORKER = {"worker", "trainables"}


def draw(layers: Sequence[str]) -> str:
    """One row a layer, the highest first; what stands side by side imports nothing of the other.

    What each is for is the beginning of its own docstring.
    """
    height = GAP + len(layers) * (ROW + GAP) + 26
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="The layers of the package; imports point downwards">',
        f"<style>{_STYLE}</style>",
    ]
    for position, layer in enumerate(layers):
        names = [name.strip() for name in re.split(r"[|:]", layer)]
        width = (WIDTH - 2 * LEFT - GAP * (len(names) - 1)) / len(names)
        top = GAP + position * (ROW + GAP)
        for column, name in enumerate(names):
            parts.append(_box(LEFT + column * (width + GAP), top, width, name))
    parts += [
        f'<text class="arrow" x="{LEFT}" y="{height - 8}">Imports point downwards only. '
        "Orange: the processes of trials, which the engine never imports.</text>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _box(left: float, top: float, width: float, name: str) -> str:
    about = html.escape(_about(name, int((width - _INDENT) / _LETTER)))
    group = ' class="worker"' if name in _WORKER else ""
    return (
        f'<g{group}><rect x="{left:.0f}" y="{top}" width="{width:.0f}" height="{ROW}" rx="4"/>'
        f'<text class="name" x="{left + 12:.0f}" y="{top + 22}">{name}</text>'
        f'<text class="about" x="{left + _INDENT:.0f}" y="{top + 22}">{about}</text></g>'
    )


def _about(name: str, letters: int) -> str:
    """The first sentence of the package's docstring, or as much of it as there is room for."""
    path = PACKAGE / name / "__init__.py"
    path = path if path.exists() else PACKAGE / f"{name}.py"
    text = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n\n")[0]
    text = " ".join(text.replace("`", "").split())
    for end in (". ", ": ", ", "):
        text = text if len(text) <= letters else text.partition(end)[0]
    return text.rstrip(".") if len(text) <= letters else ""
