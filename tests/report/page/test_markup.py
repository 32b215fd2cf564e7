"""HTML that is safe whatever text it holds."""

from __future__ import annotations

import json
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from paretune.report.page.markup import element, embedded_json, listing, rendered, table

HOSTILE = "</script><img src=x onerror=alert(1)>&\"'"


def test_text_is_text() -> None:
    """In an element, between elements, in an attribute: no character of it is markup."""
    made = element("p", HOSTILE, element("b", HOSTILE), HOSTILE, title=HOSTILE)
    tags: list[tuple[str, list[tuple[str, str | None]]]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append((tag, attrs))  # type: ignore[method-assign]
    parser.feed(rendered([made]))
    assert tags == [("p", [("title", HOSTILE)]), ("b", [])]


def test_structure() -> None:
    """Attributes by Python's names, lists, tables with the scopes that a screen reader needs."""
    assert rendered([element("a", "x", class_="y", data_key=None, aria_label="z")]) == (
        '<a class="y" aria-label="z">x</a>'
    )
    assert rendered([listing(["a", element("b", "c")])]) == "<ul><li>a</li><li><b>c</b></li></ul>"
    made = rendered([table("t", ("a", "b"), [("c", "d")])])
    assert "<caption>t</caption>" in made
    assert '<th scope="row">c</th><td>d</td>' in made


@given(st.text())
def test_json_ends_no_script(text: str) -> None:
    """What is embedded is read back as it was, and holds no `<`."""
    found = embedded_json({"text": text})
    assert "<" not in found
    assert json.loads(found) == {"text": text}
