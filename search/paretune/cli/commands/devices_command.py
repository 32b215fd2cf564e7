"""`paretune devices`: what a trial can lease here, and who can use it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

from paretune.cli.terminal import say

# Each runs in a process of its own: a framework takes seconds to import, and may take the device.
_PROBES = {
    "TensorFlow": (
        "tensorflow",
        "import os, json; os.environ['TF_USE_LEGACY_KERAS'] = '1'\n"
        "import tensorflow as tf\n"
        "gpus = tf.config.list_physical_devices('GPU')\n"
        "names = [tf.config.experimental.get_device_details(g).get('device_name') for g in gpus]\n"
        "print(json.dumps([tf.__version__, names]))",
    ),
    "PyTorch": (
        "torch",
        "import json, torch\n"
        "names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]\n"
        "print(json.dumps([torch.__version__, names]))",
    ),
}


def devices() -> None:
    """Show this machine's devices, what a device means here, and which framework sees them.

    Example: `paretune devices`
    """
    from paretune.measure.devices import CPU_KIND, largest_lease
    from paretune.measure.discovery import discover

    found = discover()
    for position, device in enumerate(found):
        memory = "" if device.memory_mib is None else f", {device.memory_mib:,.0f} MiB"
        say(f"{position}  {device.id}  {device.kind}{memory}")
    if found[0].kind == CPU_KIND:
        say(
            "\nNo GPU can be used here, so a device is a CPU core: gpu_count = 2 trains on two\n"
            "cores, and gpu_seconds are core-seconds. They compare with no GPU's seconds."
        )
    elif largest_lease(found) == 1 and len(found) > 1:
        say(
            "\nA device is one MIG instance, and CUDA gives a process no more than one:\n"
            "gpu_count stays 1. gpu_seconds are the seconds it was at the trial's disposal."
        )
    else:
        say(
            "\nA device is one GPU: gpu_count = 2 trains on two of them, and gpu_seconds are\n"
            "devices leased x the seconds they were at the trial's disposal."
        )
    say(
        f"At most {len(found)} one-device trials run at a time; --devices and\n"
        "CUDA_VISIBLE_DEVICES or taskset leave some out.\n"
    )
    for name, (module, code) in _PROBES.items():
        say(f"{name}: {_seen(module, code)}")


def _seen(module: str, code: str) -> str:
    if importlib.util.find_spec(module) is None:
        return "not installed"
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if run.returncode != 0:
        return f"cannot be imported: {(run.stderr.strip().splitlines() or ['no reason'])[-1]}"
    version, gpus = json.loads(run.stdout.strip().splitlines()[-1])
    return f"{version} sees {', '.join(map(str, gpus)) if gpus else 'no GPU, only CPU cores'}"
