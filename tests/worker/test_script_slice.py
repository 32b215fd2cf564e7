"""What of a script counts as its trainable's code."""

import pytest
from paretune.worker.script_slice import needed_source

SCRIPT = """
import numpy as np
import paretune as pt
from helpers import *

np.random.seed(0)
WIDTH = 3          # a comment
NOISE = 0.1


def scale(x):
    return x * WIDTH


class Net:
    depth = WIDTH


def train(params, context):
    return {"a": scale(np.sum(Net.depth))}


budget = pt.Budget(trials=10)
study = pt.Study("mine", train, space={}, objectives={}, budget=budget)
result = study.run()
print(result, WIDTH)
"""


def test_what_the_function_needs_and_no_more():
    """Its imports, constants, helpers and set-up; the study, its budget and the report are none."""
    found = needed_source(SCRIPT, "train")
    assert "np.random.seed(0)" in found
    for needed in ("import numpy", "from helpers import *", "WIDTH = 3", "def scale", "class Net"):
        assert needed in found
    for other in ("budget", "study", "result", "NOISE", "#"):
        assert other not in found


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("trials=10", "trials=99", True),
        ("# a comment", "", True),
        ("NOISE = 0.1", "NOISE = 0.2", True),
        ("WIDTH = 3", "WIDTH = 4", False),
        ("x * WIDTH", "x + WIDTH", False),
        ("seed(0)", "seed(1)", False),
    ],
)
def test_which_changes_count(old, new, same):
    """A larger budget is no other code; a constant that is read is."""
    changed = needed_source(SCRIPT.replace(old, new), "train")
    assert (changed == needed_source(SCRIPT, "train")) is same


@pytest.mark.parametrize(
    "source", ["def train(p, c): ...", "Study = 1\ndef other(): ...", "Study def", ""]
)
def test_where_the_whole_file_counts(source):
    """Of a module that runs no study, of a name that is not there, of what is no Python."""
    assert needed_source(source, "train") is None
