"""Hundreds of short trials in one study: does anything grow?

    python benchmarks/many_trials.py [--trials 300]

Prints, at 10, 100 and 300 trials: resident memory of the driver and of the warm parent, and the
wall time that the driver spent per trial on asking the sampler and on telling the storage.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import optuna
import psutil
from paretune.measure.memory_meter import resident
from paretune.spec.study_spec import StudySpec
from paretune.study import loop as study_loop
from paretune.study.observer import Silent
from paretune.study.run_study import run_study


def allocated_mib(pid: int) -> float:
    """What the process holds; 0 if it is gone."""
    found = resident(pid)
    return 0.0 if found is None else found.allocated


EXAMPLES = Path(__file__).parents[1] / "examples"


class Timed:
    """Adds up the seconds spent in a function."""

    def __init__(self, function) -> None:
        self.function = function
        self.seconds: list[float] = []

    def __call__(self, *arguments, **options):
        began = time.monotonic()
        try:
            return self.function(*arguments, **options)
        finally:
            self.seconds.append(time.monotonic() - began)


class Watching(Silent):
    """Prints a row when the study has come so far."""

    def __init__(self, at: list[int], ask: Timed, tell: Timed) -> None:
        super().__init__()
        self.at, self.ask, self.tell, self.count = at, ask, tell, 0

    def finished(self, record, state) -> None:
        self.count += 1
        if self.count in self.at:
            warm = [
                child.pid
                for child in psutil.Process().children()
                if "paretune.worker.warm_parent" in " ".join(child.cmdline())
            ]
            last = slice(-20, None)
            print(
                f"| {self.count} | {allocated_mib(psutil.Process().pid):.0f} | "
                f"{allocated_mib(warm[0]):.0f} | "
                f"{1000 * statistics.median(self.ask.seconds[last]):.0f} | "
                f"{1000 * statistics.median(self.tell.seconds[last]):.0f} |",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--study", default=str(EXAMPLES / "numpy_study.toml"))
    options = parser.parse_args()
    ask, tell = Timed(optuna.Study.ask), Timed(study_loop.tell_outcome)
    optuna.Study.ask = lambda *a, **o: ask(*a, **o)  # type: ignore[method-assign]  # noqa: PLW0108  # it binds self
    study_loop.tell_outcome = tell
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    spec = StudySpec.load(options.study, [f"budget.trials={options.trials}"])
    print("| trials | driver MiB | warm parent MiB | ask ms | tell ms |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        run_study(
            spec,
            storage_url=f"sqlite:///{folder}/studies.db",
            observer=Watching([10, 50, 100, 200, options.trials], ask, tell),
        )


if __name__ == "__main__":
    main()
