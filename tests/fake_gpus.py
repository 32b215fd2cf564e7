"""Two GPUs that nobody has, and trainables for them: processes, leases and bills are the real ones.

`patch_nvml` makes NVML's stand-in known to the process that calls it; importing this module does so
in the processes of trials, which are forked from one that imports their trainable.
"""

import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

from fake_nvml import FakeNvml
from paretune.measure import nvml_meter
from paretune.measure.devices import Device
from paretune.trainables import Stage, Trainable

KIND = "Stand-in GPU"
GPUS = (Device("GPU-a", KIND, 1000.0), Device("GPU-b", KIND, 1000.0))
BURNT = 0.2  # CPU-seconds of the stage that needs no device


def patch_nvml(setattr=setattr):
    setattr(nvml_meter, "load_nvml", FakeNvml)


def train(params, context):
    """Reports until the file `trained` appears, if it is to wait; leaves a product."""
    (context.directory / "trained-by").write_text(f"{os.getpid()} {','.join(context.devices)}")
    context.scratch["live"] = object()
    context.note(warm=",".join(WARM))
    context.report(1, accuracy=0.5)
    while params.get("wait") and not (context.directory / "trained").exists():
        time.sleep(0.01)
    time.sleep(params.get("pause", 0.0))
    (context.output / "weights").write_text(str(params.get("accuracy", 0.75)))
    return {"parameters": 7.0}


def compress(params, context):
    """Burns CPU time, then goes on until `compressed` appears, or `open` for all, if it is to."""
    gates = [context.directory / "compressed", Path(context.data.get("marks", "/nowhere"), "open")]
    if (context.directory / "kill-me").exists():
        (context.directory / "kill-me").unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    seen = f"{os.getpid()} {','.join(context.devices)} {sorted(os.sched_getaffinity(0))}"
    (context.directory / "compressed-by").write_text(seen)
    begin = time.process_time()
    while time.process_time() < begin + BURNT:
        sum(range(1000))
    while params.get("hold") and not any(gate.exists() for gate in gates):
        time.sleep(0.01)
    if params.get("broken"):
        raise ValueError("no such format")
    (context.output / "file").write_text((context.inputs / "weights").read_text())
    context.note(live=bool(context.scratch), gpus=os.environ["CUDA_VISIBLE_DEVICES"])


def evaluate(params, context):
    return {"accuracy": float((context.inputs / "file").read_text())}


chain = Trainable(
    "chain",
    (
        Stage("train", train, ("wait", "accuracy", "pause")),
        Stage("compress", compress, ("hold", "broken"), device=False),
        Stage("evaluate", evaluate, (), stored=False, device=False),
    ),
)

WARM: list[str] = []  # devices on which this very process has warmed up


def warm_up(devices, data):
    """As `data` says: leaves its pid in a folder of the test's, then warms up, fails or hangs."""
    (Path(data["marks"]) / str(os.getpid())).write_text(",".join(devices))
    begin = time.process_time()
    while time.process_time() < begin + BURNT:
        sum(range(1000))
    while (Path(data["marks"]) / "slow").exists():
        time.sleep(0.01)
    if data["warming"] == "fails":
        raise RuntimeError("no context")
    if data["warming"] == "hangs":
        signal.pause()
    WARM.extend(devices)


warm = replace(chain, name="warm", warm_up=warm_up)

if "pytest" not in sys.modules:
    patch_nvml()


def process_of(folder: Path, file: str) -> int:
    """The pid that a stage has left in its trial's folder."""
    return int((folder / file).read_text().split()[0])
