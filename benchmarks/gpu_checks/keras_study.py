"""The bundled study under NVML, and one configuration of it again and again."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from paretune.execute import Finished
from paretune.execute.local_executor import LocalExecutor
from paretune.measure import MEMORY_PHASES, Measurement
from paretune.measure.devices import Device
from paretune.measure.discovery import discover
from paretune.spec.study_spec import StudySpec
from paretune.study.observer import Silent
from paretune.study.run_study import run_study
from paretune.study.storage.load_study import load_study
from paretune.trial.job import Job
from paretune.trial.outcome import Outcome, Status

from gpu_checks.tally import Check, Table, check_nvml, processes

ENDS_WELL = {Status.COMPLETED, Status.STOPPED, Status.DIVERGED}
# The article's: what one training costs that nobody has tuned.
ARTICLE = {
    **{"optimizer": "adam", "learning_rate": 0.001, "batch_size": 128, "gpu_count": 1},
    **{"epochs": 5, "width": 1.0, "stem": "pool", "schedule": "constant"},
    **{"sparsity": 0.0, "bits": 32},
}


def spec_of(source: str, limit: int | None, trials: int) -> StudySpec:
    """The study `mnist` on this data."""
    changes = [f"data.source={source}", f"budget.trials={trials}"]
    if limit is not None:
        changes += [f"data.limit={limit}", "train.epochs=1"]
    return StudySpec.load("mnist", changes)


def check_study(
    check: Check, table: Table, devices: Sequence[Device], folder: Path, spec: StudySpec
) -> None:
    """How its trials end, and how much of what they paid the devices were busy."""
    print(f"\nThe study {spec.name}, {spec.budget.trials} trials")
    url = f"sqlite:///{folder / 'keras.db'}"
    summary = run_study(spec, storage_url=url, observer=Silent())
    study = load_study(spec.name, url)
    statuses = Counter(str(record.status) for record in study.records)
    check(
        {record.status for record in study.records} <= ENDS_WELL,
        f"how they ended: {dict(statuses)}",
    )
    spent = Measurement.total(record.spent for record in study.records)
    clock = summary.state.wall_seconds
    room = len(devices) * clock
    check(0 < spent.gpu_seconds <= room, f"paid {spent.gpu_seconds:.1f}, there were {room:.1f}")
    check_nvml(check, "the study", spent)
    check(not processes(), f"processes left behind: {processes() or 'none'}")
    training = Measurement.total(
        cost
        for record in study.records
        for name, cost in record.phases.items()
        if name in MEMORY_PHASES
    )
    ratios = [
        record.spent.gpu_seconds / record.cost.gpu_seconds
        for record in study.records
        if record.status is Status.COMPLETED
    ]
    table.add(f"{spec.name}: GPU-seconds paid", spent.gpu_seconds, "s")
    table.add("busy share of training stages", busy_share(training), "", at_least=0.5)
    table.add("busy share of all that was paid", busy_share(spent), "", at_least=0.35)
    table.add("devices leased, share of the clock", spent.gpu_seconds / room, "", at_least=0.9)
    if ratios:
        table.add("spent over cost, median", statistics.median(ratios), "", at_most=1.5)


def busy_share(paid: Measurement) -> float | None:
    busy = paid.gpu_busy_seconds
    return None if busy is None or paid.gpu_seconds <= 0 else busy / paid.gpu_seconds


def check_repeats(check: Check, table: Table, folder: Path, spec: StudySpec, runs: int) -> None:
    """The article's configuration: one accuracy to the last digit, and nearly one bill."""
    print(f"\nThe article's configuration, {runs} times")
    outcomes = repeated(spec, folder, runs)
    accuracies = {outcome.metrics.get("accuracy") for outcome in outcomes}
    check(
        all(outcome.status is Status.COMPLETED for outcome in outcomes),
        f"how they ended: {dict(Counter(str(outcome.status) for outcome in outcomes))}",
    )
    check(len(accuracies) == 1, f"accuracies: {sorted(accuracies, key=str)}")
    costs = [outcome.cost.gpu_seconds for outcome in outcomes]
    paid = [outcome.spent.gpu_seconds for outcome in outcomes]
    table.add("article: accuracy", outcomes[0].metrics.get("accuracy"))
    table.add("article: GPU-seconds of a trial", statistics.median(costs), "s", at_most=0.8)
    table.add("article: GPU-seconds paid", statistics.median(paid), "s", at_most=1.5)
    if runs > 1:
        cv = 100 * statistics.stdev(costs) / statistics.mean(costs)
        table.add(f"its coefficient of variation, {runs} runs", cv, "%", at_most=2)


def repeated(spec: StudySpec, folder: Path, runs: int) -> list[Outcome]:
    """One after the other, each in a process of its own; the first, which warms caches, is left
    out.
    """
    executor = LocalExecutor(
        discover(), spec.trainable, spec.search_path, folder / "repeats.log", data=spec.data
    )
    outcomes: list[Outcome] = []
    try:
        for number in range(runs + 1):
            job = Job(
                number=number,
                trainable=spec.trainable,
                params={**ARTICLE, **spec.train},
                directory=str(folder / f"repeat-{number}"),
                seed=0,
                data=spec.data,
            )
            executor.start(job, 1)
            while len(outcomes) <= number:
                found = [e for e in executor.poll(0.1) if isinstance(e, Finished)]
                outcomes += [event.outcome for event in found]
    finally:
        executor.close()
    return outcomes[1:]
