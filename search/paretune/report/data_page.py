"""A page about a data set: what was found, with the worst examples as pictures."""

from __future__ import annotations

import base64
import html
import struct
import zlib
from collections.abc import Mapping

import numpy as np

from paretune.data.damage.finding import Examined, Finding
from paretune.data.split import Split

_SHOWN = 24  # pictures of one kind
_SIDE = 84  # pixels, as shown
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem;
  color: #1f2328; background: #fff }
table { border-collapse: collapse } td, th { text-align: left; padding: .2rem .9rem .2rem 0 }
th { border-bottom: 1px solid #8888 } td.n { text-align: right }
.error { color: #b42318; font-weight: 600 } .rows { display: flex; flex-wrap: wrap; gap: .6rem }
figure { margin: 0; font-size: 12px } img { image-rendering: pixelated; border: 1px solid #8888 }
@media (prefers-color-scheme: dark) { body { color: #e6edf3; background: #0d1117 }
  .error { color: #ff8a80 } }
"""


def data_page(examined: Examined, parts: Mapping[str, Split]) -> str:
    """One HTML file that needs nothing beside it."""
    counts = ", ".join(f"{count:,} {part}" for part, count in examined.rows.items())
    shape = "x".join(map(str, examined.shape))
    title = html.escape(f"Data: {examined.place}")
    lines = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width, initial-scale=1'>",
        f"<title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>",
        f"<p>{counts} rows of {shape} {examined.dtype}, {examined.classes} classes.</p>",
        "<table><tr><th>what<th>part<th>rows<th>what to do",
        *(_line(finding) for finding in examined.findings),
        "</table>",
    ]
    for finding in examined.found:
        lines.append(f"<h2>{html.escape(finding.kind)}, {html.escape(finding.part)}</h2>")
        if finding.rows.size:
            lines.append(_pictures(finding, parts[finding.part]))
        elif finding.details:
            items = "".join(f"<li>{html.escape(text)}" for text in finding.details)
            lines.append(f"<ul>{items}</ul>")
    return "\n".join(lines) + "\n"


def _line(finding: Finding) -> str:
    shown = finding.severity if finding.count else ""
    advice = html.escape(finding.advice) if finding.count else ""
    return (
        f"<tr><td class={shown or 'none'}>{html.escape(finding.kind)}<td>{finding.part}"
        f"<td class=n>{finding.count:,}<td>{advice}"
    )


def _pictures(finding: Finding, split: Split) -> str:
    figures = []
    for position, row in enumerate(finding.rows[:_SHOWN].tolist()):
        detail = finding.details[position] if position < len(finding.details) else ""
        text = f"row {row}, label {split.labels[row]}" + (f", {detail}" if detail else "")
        caption = html.escape(text)
        image = split.images[row]
        if image.ndim == 3 and image.shape[-1] in (1, 3):
            code = base64.b64encode(png(_bytes(image))).decode()
            tag = f"<img width={_SIDE} alt='{caption}' src='data:image/png;base64,{code}'><br>"
        else:
            values = ", ".join(f"{value:.4g}" for value in image.ravel()[:8])
            tag = f"<code>{values}</code><br>"
        figures.append(f"<figure>{tag}{caption}</figure>")
    more = len(finding.rows) - _SHOWN
    rest = f"<p>{more:,} more</p>" if more > 0 else ""
    return f"<div class=rows>{''.join(figures)}</div>{rest}"


def _bytes(image: np.ndarray) -> np.ndarray:
    if image.dtype == np.uint8:
        return image
    finite = np.nan_to_num(image, posinf=0, neginf=0)
    low, high = float(finite.min()), float(finite.max())
    return np.asarray((finite - low) * (255 / ((high - low) or 1)), np.uint8)


def png(
    image: np.ndarray,  # (height, width, 1 or 3) uint8
) -> bytes:
    """The picture as a PNG file (RFC 2083): so small an encoder saves a dependency."""
    height, width, channels = image.shape
    lines = np.zeros((height, width * channels + 1), np.uint8)  # each begins with its filter, 0
    lines[:, 1:] = image.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 0 if channels == 1 else 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes())), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + body))
    return struct.pack(">I", len(body)) + name + body + check
