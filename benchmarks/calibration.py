"""Would a calibration kernel correct CPU time for busy strangers? One fixed training, A/B/A/B.

    python benchmarks/calibration.py [--pairs 6] [--burners 3]

A: a training of fixed arithmetic on one core, as the machine is. B: the same beside so many
processes that spin on any core. A short kernel of fixed work is timed within the training, at a
duty cycle of at most 1 %; how much longer it takes than in quiet is what its phase is divided by.
"Quiet" is the fastest tenth of all kernels of the session. Two kernels are tried: arithmetic that
stays in the first cache, and a walk through memory that does not fit it. Raw CPU seconds, both
corrections, and the share of the machine that others had are printed side by side; and, since a
machine is seldom quiet in A, whether a kernel tells how slow the training is at its own moment: the
elasticity (1: as much slower as the kernel) and correlation of a step's time and the kernel's, over
windows between two kernels, and the spread of steps before and after they are corrected by it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import numpy as np
from paretune.measure.cpu_meter import core_seconds

SPIN = "while True: pass"
STEPS = 1500  # of the training: some three seconds of CPU time
DUTY = 0.01  # of the training's CPU time, at most

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.normal(size=(512, 784)).astype(np.float32)
SMALL = RANDOM.normal(size=(48, 48)).astype(np.float32)
WIDE = RANDOM.normal(size=2**19).astype(np.float32)  # 2 MiB


def train(steps: int, after_step: Callable[[], None]) -> None:
    """A network of two dense layers, a batch of 128 a step."""
    first = RANDOM.normal(size=(784, 256)).astype(np.float32) / 28
    second = RANDOM.normal(size=(256, 10)).astype(np.float32) / 16
    for step in range(steps):
        batch = IMAGES[128 * (step % 4) :][:128]
        hidden = np.maximum(batch @ first, 0)
        error = hidden @ second
        second -= 1e-5 * hidden.T @ error
        first -= 1e-5 * batch.T @ ((error @ second.T) * (hidden > 0))
        after_step()


def arithmetic() -> None:
    for _ in range(12):
        SMALL @ SMALL


def memory() -> None:
    WIDE[::16].sum()


KERNELS = {"arithmetic": arithmetic, "memory": memory}


@dataclass
class Run:
    """One training: its CPU seconds without the kernels', the kernels', and what others had."""

    cpu_seconds: float
    kernels: dict[str, list[float]]
    kernel_share: float
    disturbance: float
    windows: list[float]  # CPU seconds a step before each kernel


def run() -> Run:
    """Train once, a kernel of each kind whenever both together have had less than their duty."""
    kernels: dict[str, list[float]] = {name: [] for name in KERNELS}
    windows: list[float] = []
    spent, steps, window_began = 0.0, 0, time.process_time()
    cores, wall = range(os.cpu_count() or 1), time.monotonic()
    busy, began = core_seconds(cores) or 0.0, time.process_time()

    def calibrate() -> None:
        nonlocal spent, steps, window_began
        steps += 1
        now = time.process_time()
        if spent > DUTY * (now - began):
            return
        windows.append((now - window_began) / steps)
        for name, kernel in KERNELS.items():
            start = time.process_time()
            kernel()
            kernels[name].append(time.process_time() - start)
            spent += kernels[name][-1]
        steps, window_began = 0, time.process_time()

    train(STEPS, calibrate)
    cpu = time.process_time() - began
    others = (core_seconds(cores) or 0.0) - busy - cpu
    share = others / (len(cores) * (time.monotonic() - wall))
    return Run(cpu - spent, kernels, spent / cpu, min(max(share, 0.0), 1.0), windows)


@contextmanager
def strangers(number: int) -> Iterator[None]:
    """So many processes that spin, wherever the kernel puts them."""
    found = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(number)]
    try:
        yield
    finally:
        for process in found:
            process.kill()
            process.wait()


def median_bias(values: list[float], base: float) -> str:
    """How far the median lies from a base, and the spread of the values, in per cent."""
    found = np.asarray(values)
    spread = 100 * found.std(ddof=1) / found.mean()
    return f"{100 * (np.median(found) / base - 1):+.1f} % (cv {spread:.1f} %)"


def tracking(runs: list[Run], name: str) -> str:
    """How far a kernel tells how slow the steps before it were."""
    steps = np.log([w for one in runs for w in one.windows[1:]])
    kernel = np.log([k for one in runs for k in one.kernels[name][1:]])
    correlation = np.corrcoef(steps, kernel)[0, 1]
    elasticity = np.cov(steps, kernel)[0, 1] / kernel.var(ddof=1)
    raw, corrected = steps.std(ddof=1), (steps - kernel).std(ddof=1)
    return (
        f"{name}: {len(steps)} windows, elasticity {elasticity:.2f}, correlation "
        f"{correlation:.2f}; spread of a step's time {raw:.0%}, corrected {corrected:.0%}"
    )


def main() -> None:
    """Run the pairs and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=6)
    parser.add_argument("--burners", type=int, default=3)
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    train(100, lambda: None)
    runs: dict[str, list[Run]] = {"A": [], "B": []}
    for _ in range(options.pairs):
        runs["A"].append(run())
        with strangers(options.burners):
            runs["B"].append(run())
    every = [one for found in runs.values() for one in found]
    quiet = {
        name: float(np.quantile([t for one in every for t in one.kernels[name]], 0.1))
        for name in KERNELS
    }
    base = float(np.median([one.cpu_seconds for one in runs["A"]]))
    print(f"load before and in A: {os.getloadavg()[0]:.1f}; A is {base:.2f} s of CPU time")
    print("| setting | others' share | kernels' share | raw | by arithmetic | by memory |")
    print("|---|---|---|---|---|---|")

    def corrected(one: Run, name: str) -> float:
        return one.cpu_seconds / (float(np.mean(one.kernels[name])) / quiet[name])

    bases = {n: float(np.median([corrected(one, n) for one in runs["A"]])) for n in KERNELS}
    for setting, found in runs.items():
        share = np.median([one.disturbance for one in found])
        kernel = np.median([one.kernel_share for one in found])
        cells = [median_bias([one.cpu_seconds for one in found], base)]
        cells += [median_bias([corrected(one, n) for one in found], bases[n]) for n in KERNELS]
        print(f"| {setting} | {share:.0%} | {kernel:.1%} | {' | '.join(cells)} |")
    print("\n" + "\n".join(tracking(every, name) for name in KERNELS))
    print("\neach run: others' share, raw s, by arithmetic, by memory")
    for setting, found in runs.items():
        for one in found:
            figures = [one.cpu_seconds, *(corrected(one, n) for n in KERNELS)]
            shown = " ".join(f"{figure:.2f}" for figure in figures)
            print(f"{setting} {one.disturbance:.0%} {shown}")


if __name__ == "__main__":
    main()
