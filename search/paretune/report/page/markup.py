"""HTML as a tree: whatever text is put into it is text, and never markup."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree.ElementTree import Element, tostring


def element(tag: str, *content: Element | str | None, **attributes: Any) -> Element:
    """`element("p", "a ", element("b", "c"), class_="x")`; an attribute that is None is left out.

    An underscore at the end of an attribute's name is dropped, one within it becomes a hyphen.
    """
    made = Element(
        tag,
        {
            name.rstrip("_").replace("_", "-"): str(value)
            for name, value in attributes.items()
            if value is not None
        },
    )
    for item in content:
        if isinstance(item, Element):
            made.append(item)
        elif item is not None and len(made):
            made[-1].tail = (made[-1].tail or "") + item
        elif item is not None:
            made.text = (made.text or "") + item
    return made


def listing(items: Iterable[Element | str]) -> Element:
    """A list of points."""
    return element("ul", *(element("li", item) for item in items))


def table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[Element | str]],
    class_: str | None = None,
) -> Element:
    """A table whose first column names its rows; the others hold numbers (or `class_` "prose")."""
    return element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *(element("th", head, scope="col") for head in heads))),
        element(
            "tbody",
            *(
                element(
                    "tr",
                    element("th", row[0], scope="row"),
                    *(element("td", cell) for cell in row[1:]),
                )
                for row in rows
            ),
        ),
        class_=class_,
    )


def rendered(parts: Iterable[Element]) -> str:
    """HTML of these, one after the other."""
    return "\n".join(tostring(part, encoding="unicode", method="html") for part in parts)


def embedded_json(data: Any) -> str:
    """JSON for a `<script>` element: none of its text can end the element."""
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")
