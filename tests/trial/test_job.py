"""A job becomes an assignment when devices are leased for it."""

from __future__ import annotations

import json

import pytest
from paretune.measure.devices import CPU_KIND, Device
from paretune.trial.files import ASSIGNMENT
from paretune.trial.job import Assignment, Job, Limits


@pytest.fixture
def job(tmp_path):
    return Job(
        number=3,
        trainable="mine:train",
        params={"lr": 0.1},
        directory=str(tmp_path),
        seed=7,
        limits=Limits(gpu_seconds=10.0),
    )


def test_an_assignment_is_the_job_and_its_devices(job):
    """What was wanted is unchanged; which devices, and of what kind, is added."""
    devices = [Device("cpu:0", CPU_KIND), Device("cpu:1", CPU_KIND)]
    made = job.on(devices, {"version": "1"})
    assert (made.devices, made.device_kind) == (("cpu:0", "cpu:1"), CPU_KIND)
    assert made.origin == {"version": "1"}
    assert made.attempt == 1
    for name in Job.__dataclass_fields__:
        assert getattr(made, name) == getattr(job, name)


def test_the_worker_reads_what_the_driver_wrote(job):
    """Through the trial's folder, as JSON, without a key more than an assignment has."""
    made = job.on([Device("cpu:0", CPU_KIND)])
    made.write()
    assert Assignment.read(job.directory) == made
    text = job.directory + "/" + ASSIGNMENT
    with open(text, encoding="utf-8") as file:
        assert set(json.load(file)) == set(Assignment.__dataclass_fields__)
