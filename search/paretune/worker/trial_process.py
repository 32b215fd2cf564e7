"""One trial, in the process forked for it: run the chain of stages and write result.json."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import threadpoolctl

from paretune.measure.devices import CPU_KIND, Device
from paretune.text import visible, visible_json
from paretune.trainables import Diverged, StopTrial, Trainable
from paretune.trial.files import RESULT, write_json
from paretune.trial.job import Assignment
from paretune.trial.outcome import Status
from paretune.worker.checked_metrics import ContractBroken
from paretune.worker.find_trainable import load_trainable
from paretune.worker.out_of_memory import is_out_of_memory
from paretune.worker.stage_chain import Chain
from paretune.worker.trial_context import TrialContext
from paretune.worker.trial_output import print_traceback
from paretune.worker.worker_meter import WorkerMeter


def run_assignment(
    directory: str, trainable: Trainable | None = None, *, began_with_mib: float | None = None
) -> None:
    """Run the trial of this folder to its end; whatever comes of it is in result.json.

    `trainable`: as the warm parent has loaded it; None: it is loaded here. `began_with_mib`: of a
    process that has warmed up, what it had allocated before.
    """
    assignment = Assignment.read(directory)
    bind(assignment.devices, assignment.device_kind)
    os.environ["PARETUNE_TRIAL"] = assignment.directory
    meter = WorkerMeter(assignment)
    if began_with_mib is not None:
        meter.cpu.memory.baseline_mib = began_with_mib
    context = TrialContext(assignment, meter)
    try:
        if trainable is None:
            trainable = load_trainable(assignment.trainable, assignment.search_path)
        metrics = Chain(trainable, assignment, context).run()
        if metrics is None:  # another process goes on
            return
        result = {"status": Status.COMPLETED, "metrics": metrics, "error": None}
    except BaseException as error:  # a trial's failure is a value: SystemExit is one, too
        print_traceback()
        result = failure(error)
    write_json(Path(directory) / RESULT, visible_json({**result, "notes": context.notes}))


def bind(devices: Sequence[str], device_kind: str) -> None:
    """Bind this process, and what it starts, to the leased devices."""
    if device_kind == CPU_KIND:
        cores = {Device(device, CPU_KIND).core for device in devices}
        os.sched_setaffinity(0, cores)
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        _size_thread_pools(len(cores))
    else:
        os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(devices)
        os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # NVML's, for whoever counts


def failure(error: BaseException) -> dict[str, Any]:
    """The record of a trial that raised."""
    if isinstance(error, StopTrial):
        status = Status.STOPPED
    elif isinstance(error, Diverged):
        status = Status.DIVERGED
    elif is_out_of_memory(error):
        status = Status.OUT_OF_MEMORY
    else:
        status = Status.FAILED
    text = one_line(error)
    if not isinstance(error, StopTrial | Diverged | ContractBroken):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return {"status": status, "metrics": {}, "error": text}


def one_line(error: BaseException) -> str:
    """The message's first line with text in it, fit to be stored, at most 300 characters; never
    raises.
    """
    try:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    except Exception:  # a user's exception may fail even at this
        return "(its message cannot be shown)"
    return visible(lines[0])[:300] if lines else ""


def _size_thread_pools(threads: int) -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)  # for pools and processes that start later
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(threads)
    if "numpy" in sys.modules:  # pools that the warm parent's imports have made already
        thread_pools().limit(limits=threads)


@functools.cache
def thread_pools() -> threadpoolctl.ThreadpoolController:
    """Those of the libraries loaded so far. Finding them takes a while: once, before the forks."""
    return threadpoolctl.ThreadpoolController()
