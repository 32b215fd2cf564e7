"""What the storage tells of costs: the trials of other drivers, and a study's ledger."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

from paretune.execute.trial_run import TrialRun
from paretune.measure import Measurement
from paretune.money.account import TrialElsewhere
from paretune.money.ledger import Ledger
from paretune.study.drivers.driver import boot_id
from paretune.study.drivers.sessions import sessions
from paretune.study.storage.load_study import LoadedStudy
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.stored_trials import records
from paretune.study.stored_trials.packed import ToldBill, unpack_prediction

_GIB = 2**30


def trials_elsewhere(
    stored: StoredStudy,
    own: Collection[int],
    seen: dict[int, tuple[Any, float]],
    is_dead: Callable[[str], bool],
) -> list[TrialElsewhere]:
    """The running trials that other drivers have begun; `own` are this driver's.

    `seen` is kept from one call to the next: each one's last bill, and when it was first seen. That
    is its time where the other driver has a clock of its own, on another machine. `is_dead`: of a
    driver, by its name; its trials have died with it.
    """
    found = []
    for trial in stored.running():
        told_bill = trial.user_attrs.get(records.BILL)
        if trial.number in own or told_bill is None:
            continue
        bill = ToldBill(*told_bill)
        told, promised = trial.user_attrs.get(records.PREDICTION), 0.0
        if told is not None:
            prediction = unpack_prediction(told)
            if prediction.spent is not None and not prediction.is_guess:
                promised = prediction.spent.high
        if seen.get(trial.number, (None,))[0] != bill:
            seen[trial.number] = (bill, time.monotonic())
        at = seen[trial.number][1]
        if bill.boot == boot_id()[:8]:  # the same kernel, the same clock
            at = min(at, bill.monotonic)
        owner = trial.user_attrs.get(records.DRIVER)
        allowed = None if owner is None or is_dead(owner) else bill.allowed
        found.append(TrialElsewhere(bill.gpu_seconds, at, bill.devices, promised, allowed))
    return found


def ledger_of(loaded: LoadedStudy) -> Ledger:
    """A stored study's ledger; running trials at the last reading of their meters."""
    running: dict[int, Measurement] = {}
    for record in loaded.records:
        if record.status is None and record.directory is not None:
            run = TrialRun.resume(record.directory)
            if run is not None:
                running[record.number] = run.spent()
    spans = list(sessions(loaded.study.user_attrs).values())
    models = [Path(record.model) for record in loaded.front if record.model is not None]
    return Ledger.of(
        loaded.records,
        loaded.device_kind,
        loaded.spec.prices,
        running=running,
        start_seconds=sum(span["start_seconds"] for span in spans),
        wall_seconds=sum(span["seconds"] for span in spans),
        stored_gib=_bytes(p for p in loaded.folder.rglob("*") if p.is_file()) / _GIB,
        front_gib=_bytes(models) / _GIB,
    )


def _bytes(paths: Iterable[Path]) -> int:
    total = 0
    for path in paths:
        with contextlib.suppress(OSError):  # removed meanwhile
            total += path.stat().st_size
    return total
