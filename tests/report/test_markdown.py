"""User text within Markdown."""

from __future__ import annotations

from paretune.report.markdown import code, plain


def test_no_character_is_markup() -> None:
    """Links, emphasis, HTML and the bars of a table are shown as they are; words are untouched."""
    assert plain("[a](b) *c* <d> | `e`") == r"\[a\](b) \*c\* &lt;d> \| \`e\`"
    assert plain("batch_size 128, learning_rate 0.01") == "batch_size 128, learning_rate 0.01"
    assert plain("_init_") == r"\_init\_"
    assert plain("two\nlines") == "two lines"


def test_code_survives_backticks_and_bars() -> None:
    """A name of any characters is one code span in one cell."""
    assert code("f1[macro]") == "`f1[macro]`"
    assert code("a`b") == "``a`b``"
    assert code("`a") == "`` `a ``"
    assert code("a|b") == r"`a\|b`"
