"""Where a chain is cut on GPUs, and what the first process leaves for the second."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from paretune.measure.devices import CPU_KIND, Device
from paretune.trainables import Stage
from paretune.trial.job import Assignment, Job
from paretune.worker.handover import Handover, cut

GPU, CORE = Device("GPU-a", "A GPU"), Device("cpu:3", CPU_KIND)
JOB = Job(number=1, trainable="t:t", params={}, directory="/nowhere", seed=0)


def stages(needs: str) -> list[Stage]:
    """One for each letter: `d` needs devices, `c` needs none."""
    return [
        Stage(f"{i}", lambda params, context: None, device=n == "d") for i, n in enumerate(needs)
    ]


def names(needs: str, assignment: Assignment) -> str:
    return needs[cut(stages(needs), assignment)]


@pytest.mark.parametrize(
    ("needs", "first", "rest"),
    [
        ("ddcc", "dd", "cc"),
        ("dcdc", "dcd", "c"),  # what comes before a stage that needs them keeps them
        ("dd", "dd", ""),
        ("cc", "", "cc"),
        ("", "", ""),
    ],
)
def test_every_stage_runs_once(needs: str, first: str, rest: str) -> None:
    """Before the cut with the devices, behind it on a core; on CPU devices nothing is cut."""
    on_gpus = JOB.on([GPU])
    assert names(needs, on_gpus) == first
    assert names(needs, on_gpus.on_cores([CORE])) == rest
    assert names(needs, JOB.on([CORE])) == needs


def test_the_rest_of_an_assignment() -> None:
    """It is the same trial, with the same keys of its products, on a core."""
    origin = {"device_kind": "A GPU"}
    rest = JOB.on([GPU, replace(GPU, id="GPU-b")], origin).on_cores([CORE])
    assert (rest.devices, rest.device_kind, rest.handed_over) == (("cpu:3",), CPU_KIND, True)
    assert (rest.number, rest.origin) == (1, origin)


@pytest.mark.parametrize("product", [None, "stages/train"])
def test_what_is_left_is_found(tmp_path: Path, product: str | None) -> None:
    left = Handover({"accuracy": 0.5}, {"types": ["INT8"]}, product)
    left.write(tmp_path)
    assert Handover.read(tmp_path) == left
