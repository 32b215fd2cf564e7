"""Every meter keeps the contract of a meter."""

import os
import subprocess
import sys

import pytest
from contracts.meter import MeterContract
from fake_nvml import FakeNvml
from paretune.measure import Snapshot
from paretune.measure.cpu_meter import CpuMeter
from paretune.measure.devices import cpu_cores
from paretune.measure.lease_meter import LeaseMeter
from paretune.measure.nvml_meter import NvmlMeter
from paretune.measure.replay_meter import ReplayMeter
from paretune.trial.job import Job
from paretune.worker.worker_meter import WorkerMeter


@pytest.fixture
def child():
    process = subprocess.Popen(
        [sys.executable, "-c", "input('ready\\n')"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    process.stdout.readline()  # it grows no more
    yield process
    process.communicate(b"\n")


class TestCpuMeter(MeterContract):
    @pytest.fixture
    def meter(self):
        return CpuMeter(os.getpid(), [cpu_cores()[0].core])


class TestLeaseMeter(MeterContract):
    @pytest.fixture
    def meter(self, child):
        return LeaseMeter([cpu_cores()[0].id], "cpu-core", child.pid)


class TestWorkerMeter(MeterContract):
    @pytest.fixture
    def meter(self, tmp_path):
        device = cpu_cores()[0]
        return WorkerMeter(
            Job(number=0, trainable="t", params={}, directory=str(tmp_path), seed=0).on([device])
        )


class TestNvmlMeter(MeterContract):
    @pytest.fixture
    def meter(self):
        return NvmlMeter(["GPU-a"], lambda: [7], FakeNvml({"GPU-a": {7: 100.0}}))


class TestReplayMeter(MeterContract):
    @pytest.fixture
    def meter(self):
        return ReplayMeter(
            [Snapshot(float(i), cpu_seconds=i / 2, energy_j=10.0 * i) for i in range(3)]
        )
