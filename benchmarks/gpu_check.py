"""Checks and measures the GPU side on a real machine: one command, under five minutes.

    PYTHONPATH=. python benchmarks/gpu_check.py [--framework torch|tensorflow|both] [--cpu]
        [--data mnist | FILE.npz] [--trials N] [--runs N]

PyTorch: a whole study of its example under NVML, read back from its storage, then trials of a known
load: GPU-seconds, peak memory against PyTorch's own counter, energy, leases, and that a killed
trial leaves nothing behind. TensorFlow: the study `mnist`, the article's configuration again and
again, and images a second beside Keras' `fit`, as a table. A framework that is not installed is
left out. Says "no GPU here" and exits 0 on a machine without one; `--cpu` runs the same, tiny, on
CPU cores, with the checks that make sense there. Exits 1 where a check fails; a figure that misses
its goal is no failure.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import optuna
from gpu_checks import keras_steps, keras_study, known_loads, torch_study
from gpu_checks.tally import Check, Table
from paretune.measure.devices import CPU_KIND, Device
from paretune.measure.discovery import discover

FRAMEWORKS = {"torch": "PyTorch", "tensorflow": "TensorFlow"}
POINTS = ((1.0, 128, 10.0), (0.25, 512, 2.0))  # width, batch, times `fit` at least
TINY = ((0.25, 32, 1.0),)


def main() -> None:
    options = _options()
    if options.cpu:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    devices = discover()
    if devices[0].kind == CPU_KIND and not options.cpu:
        print("no GPU here")
        return
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    check = Check()
    size = devices[0].memory_mib
    print(f"{len(devices)} x {devices[0].kind}{'' if size is None else f', {size:.0f} MiB'}")
    with tempfile.TemporaryDirectory() as name:
        for framework in _installed(options.framework):
            if framework == "torch":
                torch_study.check_study(check, devices, Path(name), options.trials)
                known_loads.check_loads(check, devices, Path(name))
            else:
                check_keras(check, devices, Path(name), options)
    print("\nall is well" if not check.failures else f"\n{check.failures} checks failed")
    sys.exit(bool(check.failures))


def check_keras(
    check: Check, devices: Sequence[Device], folder: Path, options: argparse.Namespace
) -> None:
    """The bundled study, its repeatability, and the speed of its steps."""
    table = Table(with_goals=not options.cpu)
    source, limit = ("digits", 320) if options.cpu else (options.data, None)
    spec = keras_study.spec_of(source, limit, options.trials)
    keras_study.check_study(check, table, devices, folder, spec)
    keras_study.check_repeats(check, table, folder, spec, options.runs)
    for width, batch, goal in TINY if options.cpu else POINTS:
        found = keras_steps.images_a_second(devices[0], source, limit, width, batch)
        place = f"width {width:g}, batch {batch}"
        print(f"     {place}: {', '.join(f'{n} {value:,.0f}' for n, value in found.items())}")
        if not options.cpu:
            check(found["compiled"] == 1, f"{place}: XLA compiles the training")
        table.add(f"{place}: images/s of `fit`", found["fit"])
        table.add(f"{place}: images/s", found["train"])
        table.add(f"{place}: times `fit`", found["train"] / found["fit"], "", at_least=goal)
        for stage in ("prune", "qat"):
            ratio = found["train"] / found[stage]
            table.add(f"{place}: a step of {stage} over a plain one", ratio, "", at_most=1.2)
    table.show()


def _installed(asked: str) -> list[str]:
    chosen = list(FRAMEWORKS) if asked == "both" else [asked]
    there = [name for name in chosen if importlib.util.find_spec(name) is not None]
    for name in chosen:
        if name not in there:
            print(f"--   {FRAMEWORKS[name]} is not installed: left out")
    if not there:
        raise SystemExit("nothing to check: install torch or tensorflow")
    return there


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--framework", choices=(*FRAMEWORKS, "both"), default="both")
    parser.add_argument("--trials", type=int, default=8, help="of each study")
    parser.add_argument("--runs", type=int, default=10, help="of the article's configuration")
    parser.add_argument("--data", default="mnist", help="mnist, or an .npz file of it")
    parser.add_argument("--cpu", action="store_true", help="tiny, on this machine's CPU cores")
    return parser.parse_args()


if __name__ == "__main__":
    main()
