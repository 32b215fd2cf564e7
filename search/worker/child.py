"""One trial, in the process forked for it: run the chain of stages and write result.json."""

from __future__ import annotations

import os
import shutil
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from search.devices import CPU_KIND, Device
from search.meters import Meter
from search.trainables import Diverged, StopTrial, Trainable
from search.trial import RESULT, Assignment, Status, finite, write_json
from search.worker.context import TrialContext, VisibleParams, as_number
from search.worker.load import load_trainable
from search.worker.meter import WorkerMeter

# Named, not imported: the trial's framework decides which of these exist.
_OUT_OF_MEMORY = {"MemoryError", "ResourceExhaustedError", "OutOfMemoryError", "XlaRuntimeError"}


def run_assignment(directory: str) -> None:
    """Run the trial of this folder to its end; whatever comes of it is in result.json."""
    assignment = Assignment.read(directory)
    lease(assignment)
    context = TrialContext(assignment, WorkerMeter(assignment))
    try:
        trainable = load_trainable(assignment.trainable, assignment.search_path)
        result = run_chain(trainable, assignment.params, context)
    except BaseException as error:  # a trial's failure is a value: SystemExit is one, too
        traceback.print_exc()
        result = failure(error)
    write_json(Path(directory) / RESULT, {**result, "notes": context.notes})


def lease(assignment: Assignment) -> None:
    """Bind this process, and what it starts, to the leased devices."""
    if assignment.device_kind == CPU_KIND:
        cores = {Device(device, CPU_KIND).core for device in assignment.devices}
        os.sched_setaffinity(0, cores)
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        _size_thread_pools(len(cores))
    else:
        os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(assignment.devices)
    os.environ["PARETUNE_TRIAL"] = assignment.directory


def run_chain(
    trainable: Trainable, params: Mapping[str, Any], context: TrialContext
) -> dict[str, Any]:
    """Every stage that applies, in order. Returns the record of a completed trial."""
    metrics: dict[str, float] = {}
    previous: Path | None = None
    for stage in trainable.stages:
        if not stage.when(params):
            continue
        context.enter(stage, previous)
        with context.phase(stage.name):
            returned = stage.run(VisibleParams(params, stage), context)
        metrics.update(checked_metrics(returned, stage.name))
        previous = context.output
    shutil.rmtree(context.directory / "stages", ignore_errors=True)
    if not metrics:
        raise ContractBroken("the trainable returned no metrics; return a dict of name to number")
    return {"status": Status.COMPLETED, "metrics": metrics, "error": None}


class ContractBroken(Exception):
    """A trainable returned what is not a dict of metric name to number."""


def checked_metrics(returned: object, stage: str) -> dict[str, float]:
    """The returned metrics as plain floats. Raises Diverged on NaN, ContractBroken otherwise."""
    if returned is None:
        return {}
    if not isinstance(returned, Mapping):
        raise ContractBroken(
            f"{stage} returned {_short(returned)} ({type(returned).__name__}); "
            "return a dict of metric name to number"
        )
    metrics = {}
    for name, value in returned.items():
        number = as_number(value)
        if not isinstance(name, str) or isinstance(number, bool | str):
            raise ContractBroken(f"{stage} returned {name!r}: {_short(value)}, which is no number")
        try:
            number = float(number)
        except (TypeError, ValueError) as error:
            raise ContractBroken(
                f"{stage} returned {name!r}: {_short(value)}, which is no number"
            ) from error
        if not finite(number):
            raise Diverged(f"{stage} returned {name} = {number}")
        metrics[name] = number
    return metrics


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


def is_out_of_memory(error: BaseException) -> bool:
    """Is it a framework's, CUDA's or Python's own way to say so?"""
    names = {base.__name__ for base in type(error).__mro__}
    if "XlaRuntimeError" in names:
        return "RESOURCE_EXHAUSTED" in one_line(error)
    return bool(names & _OUT_OF_MEMORY) or "CUDA out of memory" in one_line(error)


def one_line(error: BaseException) -> str:
    """The message's first line with text in it, at most 300 characters; never raises."""
    try:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    except Exception:  # a user's exception may fail even at this
        return "(its message cannot be shown)"
    return lines[0][:300] if lines else ""


def _short(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # a user's object may fail even at this
        return "an object that cannot be shown"
    return text if len(text) <= 60 else text[:57] + "..."


def _size_thread_pools(threads: int) -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)  # for pools and processes that start later
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(threads)
    if "numpy" in sys.modules:  # pools that the warm parent's imports have made already
        import threadpoolctl

        threadpoolctl.threadpool_limits(threads)
