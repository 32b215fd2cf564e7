"""Python's and NumPy's values as those of TOML and JSON."""

from pathlib import Path

import numpy as np
from paretune.api.plain_values import plain


def test_values_become_plain():
    """Scalars of NumPy, tuples and paths; what is plain stays, and so does what is no value."""
    array = np.zeros(2)
    found = plain({"a": np.int64(3), "b": (np.float32(0.5), True), "c": Path("x"), "d": array})
    assert found == {"a": 3, "b": [0.5, True], "c": "x", "d": array}
    assert [type(found["a"]), type(found["b"][0]), type(found["b"][1])] == [int, float, bool]
