"""Any space that a user can write, for hypothesis."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from paretune.errors import SpaceError
from paretune.space.search_space import Space

LARGEST = 2**63 - 1
NAMES = ("epochs", "bits", "x", "batch_size", "width")

_words = st.sampled_from(["auto", "adam", "8", "", "[/x]", "ü"])
_numbers = st.one_of(
    st.integers(-8, 64),
    st.sampled_from([LARGEST, -LARGEST, 10**8]),
    st.floats(-1e6, 1e6, allow_nan=False),
    st.sampled_from([1e-300, 1e300, -1e300, 0.0]),
)
_choices = st.lists(
    st.one_of(_words, _numbers, st.booleans()), min_size=1, max_size=5, unique_by=lambda v: (v,)
)


@st.composite
def _whole(draw: Any) -> dict[str, Any]:
    log = draw(st.booleans())
    low = draw(st.one_of(st.integers(1, 5), st.integers(1 if log else -(10**9), 10**9)))
    count = draw(st.one_of(st.integers(0, 40), st.integers(0, 2**62)))
    step = 1 if log else draw(st.sampled_from([1, 1, 2, 7, 1000]))
    high = low + (min(count, LARGEST - low) // step) * step
    table: dict[str, Any] = {"type": "int", "low": low, "high": high}
    return table | ({"log": True} if log else {"step": step} if step > 1 else {})


@st.composite
def _real(draw: Any) -> dict[str, Any]:
    log = draw(st.booleans())
    low = draw(
        st.sampled_from([1e-12, 1e-4, 0.1, 1.0]) if log else st.sampled_from([-1e6, 0.0, 0.1])
    )
    if not log and draw(st.booleans()):
        step = draw(st.sampled_from([1e-9, 1e-3, 0.25, 10.0]))
        high = float(Decimal(str(low)) + draw(st.integers(0, 10**6)) * Decimal(str(step)))
        return {"type": "float", "low": low, "high": high, "step": step}
    high = low + draw(st.sampled_from([0.0, 1e-9, 1.0, 1e8, 1e200]))
    return {"type": "float", "low": low, "high": high} | ({"log": True} if log else {})


@st.composite
def spaces(draw: Any) -> Space:
    """Two to four parameters, some of them under a condition; as a file, checked at the door."""
    names = draw(st.permutations(NAMES))[: draw(st.integers(2, 4))]
    table: dict[str, dict[str, Any]] = {}
    for name in names:
        entry = draw(st.one_of(_whole(), _real(), _choices.map(lambda c: {"choices": c})))
        parents = [n for n, other in table.items() if len(other.get("choices", ())) > 1]
        if parents and draw(st.booleans()):
            parent = draw(st.sampled_from(parents))
            entry["when"] = {parent: [table[parent]["choices"][0]]}
        table[name] = entry
    try:
        return Space.from_table(table, "any")
    except SpaceError:  # what the door refuses no study has
        return Space.from_table({"x": {"type": "float", "low": 0.0, "high": 1.0}}, "any")
