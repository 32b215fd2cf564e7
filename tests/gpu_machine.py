"""This machine as one with two GPUs: the executor and its processes are real, the cards are not."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from contracts.executor import PATIENCE, outcomes
from fake_gpus import GPUS
from paretune.execute import Place, Progress
from paretune.execute.local_executor import LocalExecutor
from paretune.trial.job import Job, Limits
from paretune.trial.outcome import Outcome

TESTS = str(Path(__file__).parent)


class Machine:
    """An executor on GPUs, and what has happened there."""

    def __init__(self, folder: Path, name: str = "chain", **data: Any) -> None:
        self.folder = folder
        self.trainable = f"fake_gpus:{name}"
        log = folder / "worker.log"
        self.executor = LocalExecutor(GPUS, self.trainable, TESTS, log, data=data)
        self.happened: list[Any] = []

    def start(
        self, number: int, limits: Limits | None = None, gpu_count: int = 2, **params: Any
    ) -> Path:
        directory = self.folder / f"trial-{number}"
        job = Job(
            number=number,
            trainable=self.trainable,
            params=params,
            directory=str(directory),
            seed=0,
            limits=limits or Limits(),
            search_path=TESTS,
            store=str(self.folder / "store"),
        )
        self.executor.start(job, gpu_count)
        return directory

    def poll_until(self, reached: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not reached():
            assert time.monotonic() < deadline, self.places()
            self.happened += self.executor.poll(0.05)

    def run_all(self) -> dict[int, Outcome]:
        self.poll_until(lambda: not self.executor.running)
        return outcomes(self.happened)

    def places(self) -> dict[int, Place]:
        return {e.number: e.place for e in self.happened if isinstance(e, Progress)}
