"""Trainables that behave, and trainables that go wrong in every way a user's may."""

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
from multiprocessing import resource_tracker, shared_memory
from pathlib import Path

from paretune.trainables import Stage, Trainable


def well_behaved(params, context):
    """Three epochs of a little arithmetic."""
    for epoch in range(1, 4):
        sum(range(params.get("work", 10_000)))
        context.report(epoch, accuracy=epoch / 4)
    (context.directory / "seen.txt").write_text(
        f"{sorted(os.sched_getaffinity(0))} {os.environ.get('CUDA_VISIBLE_DEVICES')}"
    )
    return {"accuracy": params.get("accuracy", 0.75)}


def gated(params, context):
    """Goes on until the file `go` appears in its folder; reports all the time."""
    epoch = 0
    while not (context.directory / "go").exists():
        epoch += 1
        context.report(epoch, accuracy=0.5)
        time.sleep(0.01)
    return {"accuracy": 0.5}


def allocates(params, context):
    held = []
    while True:
        held.append(bytearray(os.urandom(1) * 2**24))
        time.sleep(params.get("pause", 0.0))


def frees_blocks(params, context):
    """Frees a large block, then a smaller one that something small lies behind."""
    from paretune.measure.memory_meter import MemoryMeter

    meter = MemoryMeter(os.getpid())
    freed = b"x" * 2**24
    del freed
    block = b"x" * 2**23
    behind = bytes(100_000)
    del block
    return {"accuracy": 0.5, "held_mib": meter.now_mib(), "behind": float(len(behind))}


def segfaults(params, context):
    ctypes.string_at(0)


def hangs(params, context):
    context.report(1, accuracy=0.1)
    while True:
        signal.pause()


def hangs_in_c(params, context):
    """Never comes back from a call into C, and keeps the interpreter's lock all the while."""
    context.report(1, accuracy=0.1)
    ctypes.PyDLL(None).sleep(3600)


def ignores_sigterm(params, context):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    hangs(params, context)


def litters(params, context):
    """A temporary file and a folder that it never removes; says where they are."""
    left = [tempfile.mkstemp()[1], tempfile.mkdtemp()]
    subprocess.run(["/bin/sh", "-c", "touch $TMPDIR/by-a-child"], check=True)
    (context.directory / "left.txt").write_text("\n".join(left))
    if params["killed"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"accuracy": float(all(Path(path).exists() for path in left))}


def shares_memory(params, context):
    """A segment of shared memory that it never unlinks."""
    segment = shared_memory.SharedMemory(create=True, size=4096)
    resource_tracker.unregister(segment._name, "shared_memory")  # type: ignore[attr-defined]
    (context.directory / "segment.txt").write_text(segment.name)
    if params["killed"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"accuracy": float(Path("/dev/shm", segment.name).exists())}


def reports_words(params, context):
    context.report(1, accuracy="0.9")


def counts_words(params, context):
    """How many words its [data] table holds."""
    return {"accuracy": float(len(context.data["words"]))}


def leaves_children(params, context):
    """Two children that would live for an hour, one of them in a session of its own."""
    here = context.directory
    sleeper = [sys.executable, "-c", "import time; time.sleep(3600)"]
    children = [
        subprocess.Popen(sleeper),
        subprocess.Popen(sleeper, start_new_session=True),
    ]
    (here / "children.txt").write_text(" ".join(str(child.pid) for child in children))
    return {"accuracy": 0.5}


def works_with_children(params, context):
    """Two children as above, at work until the file `go` appears."""
    leaves_children(params, context)
    return gated(params, context)


def floods_log(params, context):
    """Ten GiB of log, or as much as it is let live for."""
    block = b"x" * 2**20
    for written in range(10 * 1024):
        os.write(1, block)
        if written % 64 == 0:
            context.report(written, accuracy=0.1)
            if (context.directory / "enough").exists():
                break
    return {"accuracy": 0.5}


def returns_nan(params, context):
    return {"accuracy": float("nan")}


def reports_nan(params, context):
    context.report(1, loss=1.0)
    context.report(2, loss=float("nan"))
    raise AssertionError("a NaN must end the trial")


def returns_string(params, context):
    return "very good"


def returns_string_metric(params, context):
    return {"accuracy": "very good"}


def returns_nothing(params, context):
    return None


def returns_measured_name(params, context):
    return {"accuracy": 0.5, "gpu_seconds": 0.001}


def reports_measured_name(params, context):
    context.report(1, accuracy=0.5, peak_memory_mib=1.0)
    return {"accuracy": 0.5}


class WriteOnly:
    def write(self, text):
        return len(text)


def replaces_output(params, context):
    """Leaves the interpreter's output streams in a state that nobody expects."""
    print("before it was replaced")
    if params["how"] == "write only":
        sys.stdout = sys.stderr = WriteOnly()
    elif params["how"] == "none":
        sys.stdout = sys.stderr = None
    elif params["how"] == "closed":
        sys.stdout.close()
        sys.stderr.close()
    else:
        os.close(1)
        os.close(2)
    if params["raises"]:
        raise ValueError("a lone surrogate: \udc80")
    return {"accuracy": 0.5}


class Unspeakable(Exception):
    def __init__(self, a, b):
        self.lock = open(os.devnull)  # noqa: SIM115  # it cannot be pickled

    def __str__(self):
        raise RuntimeError("not even this")


def raises_unpicklable(params, context):
    raise Unspeakable(1, 2)


def raises(params, context):
    raise ValueError("learning rate is much too high\nand more")


def exits(params, context):
    os._exit(0)


def exits_sys(params, context):
    sys.exit(3)


def raises_memory_error(params, context):
    raise MemoryError("cannot allocate 3 TiB")


def kills_itself_once(params, context):
    """Killed from outside at the first attempt, well at the second."""
    mark = Path(context.directory) / "first"
    if not mark.exists():
        mark.touch()
        context.report(1, accuracy=0.1)
        os.kill(os.getpid(), signal.SIGKILL)
    return {"accuracy": 0.9}


def killed_at_once(params, context):
    os.kill(os.getpid(), signal.SIGKILL)


def kills_itself_once_then_hangs(params, context):
    kills_itself_once(params, context)
    hangs_in_c(params, context)


def kills_itself(params, context):
    os.kill(os.getpid(), signal.SIGTERM)
    signal.pause()


not_callable = 3


def steady(params, context):
    """A few dozen reports over a fraction of a second; the result follows the parameters."""
    for epoch in range(1, 31):
        time.sleep(params.get("pause", 0.01))
        context.report(epoch, accuracy=epoch / 40)
    return {"accuracy": 1 - abs(params["x"] - 0.3), "size": 1 + params["x"]}


def fails_always(params, context):
    raise RuntimeError(f"no file number {context.number}")


def lacks_size(params, context):
    return {"accuracy": 0.5}


def memory_law(params, context):
    """Needs 4 MiB for each of `size`, and there are 120: it says so at once if that is too few."""
    held: list[bytearray] = []
    for _ in range(int(params["size"])):
        if len(held) >= 30:
            raise MemoryError("more than 30 blocks of 4 MiB")
        held.append(bytearray(b"x" * 2**22))
    context.report(1, accuracy=0.5)
    return {"accuracy": len(held) / 100, "size": 1.0}


def learns(params, context):
    """Accuracy that rises towards the network's own limit: a hump over its size."""
    x, epochs = params["x"], params["epochs"]
    limit = 0.3 + x if x <= 0.6 else 0.2
    for epoch in range(1, epochs + 1):
        time.sleep(0.25)
        context.report(epoch, accuracy=limit * (1 - 0.5**epoch))
    return {"accuracy": limit * (1 - 0.5**epochs), "model_kib": 1 + 99 * x}


def _count_for_ever(params, data):
    ctypes.PyDLL(None).sleep(3600)  # no signal handler of Python's comes through


counts_for_ever = Trainable(
    "counts_for_ever", (Stage("train", gated),), count=_count_for_ever, version="1"
)
