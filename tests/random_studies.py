"""Random study files, command lines and environments: most nearly right, some absurd."""

from __future__ import annotations

import copy
from typing import Any

import tomli_w
from hypothesis import strategies as st

WORDS = (
    "accuracy",
    "f1[macro]",
    "[/relu]",
    "$x_{1}$",
    "größe",
    "准确率",
    "a|b`c",
    "x" * 120,
    "-1",
    "a b",
    "",
)
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        *WORDS,
        0,
        -1,
        1,
        3,
        2**31,
        2**63,
        10**400,
        0.5,
        -0.0,
        1e308,
        -1e308,
        5e-324,
        float("nan"),
        float("inf"),
        True,
        False,
        [],
        {},
        [1, "a"],
        {"a": 1},
        "a\x1b[2J",
        "two\nlines",
        "../../up",
        "~",
        "/dev/null",
        "devices",
        "maximize",
        ">= 0.5",
    ]
)
FIGURES = st.sampled_from(
    ["accuracy", "f1[macro]", "größe (mm²)", "$x$", "a|b", "gpu_seconds", "peak_memory_mib", "loss"]
)
STUDY = "the study"  # in a question: the name that the example's file gives it
NAMES = st.sampled_from(["x", "batch-size", "bits", "gpu_count", "learning_rate"])


@st.composite
def parameters(draw: st.DrawFn) -> dict[str, Any]:
    """One parameter of a space, nearly always a good one."""
    kind = draw(st.sampled_from(["int", "float", "choices", "constant"]))
    if kind == "choices":
        choices = draw(
            st.lists(
                st.sampled_from([*WORDS, 1, 2, 4, 0.5, 8]), min_size=1, max_size=4, unique=True
            )
        )
        return {"choices": choices}
    if kind == "constant":
        return {"constant": draw(st.sampled_from(["a", 1, 0.25, True]))}
    ends = st.integers(1, 2**40) if kind == "int" else st.floats(1e-9, 1e12)
    low, high = sorted((draw(ends), draw(ends)))
    made: dict[str, Any] = {"type": kind, "low": low, "high": high}
    if draw(st.booleans()):
        made["log"] = draw(st.booleans())
    return made


@st.composite
def spaces(draw: st.DrawFn) -> dict[str, Any]:
    """A space of one to three parameters."""
    made = draw(st.dictionaries(NAMES, parameters(), min_size=1, max_size=3))
    if "gpu_count" in made:
        made["gpu_count"] = draw(
            st.sampled_from([{"type": "int", "low": 1, "high": "devices"}, {"choices": [1, 2]}])
        )
    return made


@st.composite
def studies(draw: st.DrawFn) -> dict[str, Any]:
    """A study file of the trainable `mine:train` and the space `space.toml`."""
    objectives = draw(st.lists(FIGURES, min_size=1, max_size=3, unique=True))
    ways = {"accuracy": "maximize", "f1[macro]": "maximize"}
    made: dict[str, Any] = {
        "name": draw(st.sampled_from(["mine", "mine", "mine", "a", "Study_2.b"])),
        "space": "space.toml",
        "trainable": "mine:train",
        "objectives": {name: ways.get(name, "minimize") for name in objectives},
        "budget": {"trials": draw(st.integers(1, 4))},
        "sampler": {
            "name": draw(st.sampled_from(["random", "random", "tpe", "nsgaii", "cost_aware"])),
            "seed": draw(st.integers(0, 2**32 - 1)),
        },
    }
    if draw(st.booleans()):
        made["constraints"] = {objectives[0]: draw(st.sampled_from([">= 0.5", "<= 0.7", "< 1"]))}
    if draw(st.booleans()):
        made["train"] = {"epochs": draw(st.integers(0, 9)), "note": draw(st.sampled_from(WORDS))}
    if draw(st.booleans()):
        made["prices"] = {"cpu-core": draw(st.floats(0, 1e6))}
    if draw(st.booleans()):
        made["stopper"] = {"name": draw(st.sampled_from(["front", "none"]))}
    return made


@st.composite
def spoilt(draw: st.DrawFn, tables: st.SearchStrategy[dict[str, Any]]) -> str:
    """A table as TOML: mostly as it is, else with one odd value, a key too few or many, or broken
    as a text.
    """
    table = copy.deepcopy(draw(tables))
    how = draw(st.sampled_from([*["good"] * 40, "value", "value", "missing", "more", "text"]))
    inner = table
    key = draw(st.sampled_from(sorted(table)))
    while isinstance(inner[key], dict) and inner[key] and draw(st.booleans()):
        inner = inner[key]
        key = draw(st.sampled_from(sorted(inner)))
    if how == "value":
        inner[key] = draw(ODD)
    elif how == "missing":
        del inner[key]
    elif how == "more":
        inner[draw(st.sampled_from(WORDS))] = draw(ODD)
    text = tomli_w.dumps(table)
    if how == "text":
        position = draw(st.integers(0, len(text)))
        text = (
            text[:position]
            + draw(st.sampled_from(["\x00", '"', "[", "\n=", "€"]))
            + text[position:]
        )
    return text


@st.composite
def overrides(draw: st.DrawFn) -> list[str]:
    """`--set` options, mostly none."""
    good = ["train.epochs=3", "budget.trials=2", "sampler.seed=0", 'train.note="é"']
    keys = ["train.epochs", "budget.trials", "name", "space", "x", "a.b.c", "sampler.seed", ""]
    values = ["3", "0", '"w"', "[1, 2]", "nan", "1e999", "9" * 400, "é", "{", "bare", "", "true"]
    given: list[str] = []
    for _ in range(draw(st.sampled_from([0, 0, 0, 0, 0, 1, 1, 2]))):
        odd = f"{draw(st.sampled_from(keys))}={draw(st.sampled_from(values))}"
        given += ["--set", draw(st.sampled_from([*good, *good, odd, odd, "nonsense"]))]
    return given


@st.composite
def questions(draw: st.DrawFn) -> list[str]:
    """A command that reads, about the study (named STUDY) or about something odd."""
    name = draw(st.sampled_from([*[STUDY] * 20, "gone", "../up", "", "é", "%s"]))
    form = draw(st.sampled_from([[], [], ["--format", "json"], ["--format", "csv"]]))
    where = draw(
        st.sampled_from(
            [
                [],
                ["--where", "accuracy >= 0.1"],
                ["--where", "accuracy <= 0.9"],
                ["--where", "x<3"],
                ["--where", "é ="],
            ]
        )
    )
    which = draw(
        st.sampled_from(
            [
                ["--rule", "knee"],
                ["--rule", "knee"],
                ["--best", "accuracy"],
                ["--best", "accuracy"],
                ["--best", "f1[macro]"],
                ["--trial", "0"],
                ["--trial", "-1"],
                ["--trial", "9" * 400],
                ["--weights", "accuracy=1"],
                ["--weights", "accuracy=nan,x"],
                [],
            ]
        )
    )
    out = draw(st.sampled_from(["out", "out/deep", "out", "taken", "é"]))
    change = draw(
        st.sampled_from([*["gpu_count=1"] * 3, "3", "x=1", "x", "gpu_count=" + "9" * 400, "x=[1]"])
    )
    picture = draw(st.sampled_from(["out/f.svg", "out/f.html", "out/f.gif"]))
    within = draw(st.sampled_from(["9 gpu-seconds", "0.5 gpu-seconds", "3 dollars", "x dollars"]))
    return draw(
        st.sampled_from(
            [
                ["front", name, *form],
                ["front", name, "--plot", picture],
                ["trials", name, *form],
                ["cost", name, *form],
                ["predict", name],
                ["predict", name, "--set", change],
                ["advise", name, *(where or ["--where", "accuracy >= 2"])],
                ["advise", name, "--where", "accuracy > 0", "--within", within],
                ["export", name, "--out", out, *which, *where],
                ["store"],
                [
                    "store",
                    "--prune",
                    "--limit",
                    draw(st.sampled_from(["1 MiB", "9" * 400 + " TiB"])),
                ],
                ["store", "--limit", "1 MiB"],
                ["list"],
                ["delete", name],
                ["train", "out/config.toml"],
                ["devices", "--help"],
                ["run", "--help"],
                ["--version"],
                ["frnt"],
            ]
        )
    )


ENVIRONMENTS = st.fixed_dictionaries(
    {
        "home": st.sampled_from(["there", "there", "missing", "unset", "file"]),
        "columns": st.sampled_from([None, None, "80", "1", "7", "0", "many"]),
        "variables": st.sampled_from(
            [{}, {}, {"LC_ALL": "C"}, {"NO_COLOR": "1"}, {"TERM": "dumb"}, {"FORCE_COLOR": "1"}]
        ),
        "output": st.sampled_from(["utf-8", "utf-8", "ascii", "full"]),
        "folder": st.sampled_from([*["there"] * 9, "deleted"]),
    }
)
