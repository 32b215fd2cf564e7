"""What every trainable must do, bundled or a user's own. Subclass it and say which one.

class TestMine(TrainableContract):
    trainable = "my_module:train"
    search_path = "/folder/of/my_module"
    params = {...}              # a small, quick configuration
    more_work = {"epochs": 3}   # a change of params that costs more
"""

import json
import time
from pathlib import Path

import pytest
from paretune.execute import Finished
from paretune.execute.local_executor import LocalExecutor
from paretune.measure.discovery import discover
from paretune.trial.files import REPORTS
from paretune.trial.job import Job
from paretune.trial.outcome import Status

PATIENCE = 300.0


class TrainableContract:
    """Runs the trainable for real, in a process of its own, through the local executor."""

    trainable: str
    search_path: str | None = None
    params: dict
    more_work: dict
    data: dict = {}

    @pytest.fixture(scope="class")
    @classmethod
    def executor(cls, tmp_path_factory):
        log = tmp_path_factory.mktemp("worker") / "worker.log"
        executor = LocalExecutor(discover({}), cls.trainable, cls.search_path, log, data=cls.data)
        yield executor
        executor.close()

    @pytest.fixture
    def run(self, executor, tmp_path):
        """run(**changes) -> (outcome, folder) of one trial."""
        count = 0

        def run(**changes):
            nonlocal count
            count += 1
            params = {**self.params, **changes}
            folder = tmp_path / f"trial-{count}"
            job = Job(
                number=count,
                trainable=self.trainable,
                params=params,
                directory=str(folder),
                seed=0,
                data=self.data,
                search_path=self.search_path,
            )
            executor.start(job, params.get("gpu_count", 1))
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline:
                for event in executor.poll(0.1):
                    if isinstance(event, Finished):
                        return event.outcome, folder
            raise AssertionError(f"not finished after {PATIENCE} s; see {folder}/log.txt")

        return run

    def test_completes_with_numbers(self, run):
        """It completes, with finite metrics and a measured cost of its own."""
        outcome, folder = run()
        assert outcome.status is Status.COMPLETED, (folder / "log.txt").read_text()[-2000:]
        assert outcome.metrics
        assert outcome.cost.gpu_seconds > 0
        assert outcome.cost.peak_memory_mib is None or outcome.cost.peak_memory_mib > 0

    def test_reports_its_epochs(self, run):
        """It reports, epochs rising, so that it can be watched, limited and stopped."""
        _, folder = run()
        records = map(json.loads, (folder / REPORTS).read_text().splitlines())
        epochs = [record["epoch"] for record in records if record["kind"] == "report"]
        assert epochs
        assert epochs == sorted(epochs)

    def test_same_seed_same_result(self, run):
        """The same configuration gives the same metrics again."""
        first, second = run()[0].metrics, run()[0].metrics
        timed = {name for name in first if name.endswith("_ms")}
        assert {n: v for n, v in first.items() if n not in timed} == {
            n: v for n, v in second.items() if n not in timed
        }

    def test_more_work_costs_more(self, run):
        """Its measured cost follows the work."""
        little, much = run()[0].cost, run(**self.more_work)[0].cost
        assert much.cpu_seconds > little.cpu_seconds

    def test_leaves_no_scratch(self, run):
        """What is left in its folder is what was kept on purpose."""
        _, folder = run()
        assert not (folder / "stages").exists()
        assert not [path for path in Path(folder).iterdir() if path.name.startswith(".")]
