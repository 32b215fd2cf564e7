"""Does a study keep to its budget, and does its ledger add up, whatever happens to it?

    python benchmarks/budget.py [--studies 20] [--seed 0] [--kind plain] [--sampler random]
                                [--budget 15]

Each study has a random budget of 2 to 10 device-seconds and trials of 0.05 to 4 of them, two at a
time. A plain run, a run with two drivers on one storage, and one whose driver is killed (SIGKILL)
at a random moment and started again take turns, or all are of one `--kind`. Checked: GPU-seconds
spent beyond the budget; that the ledger's total is the sum of the trials' own bills, to the last
digit; that nothing is left running. Told as well: the share of the budget that is used, and how
many configurations were asked for and skipped beside those that ran. A report interval of a trial
here is at most 0.1 s; the driver looks every 0.2 s.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from paretune.money.ledger import Ledger
from paretune.study.spending.stored_costs import ledger_of
from paretune.study.storage.load_study import LoadedStudy, load_study

STUDY = """
name = "budget"
space = "space.toml"
trainable = "burner:burn"
[objectives]
accuracy = "maximize"
gpu_seconds = "minimize"
[budget]
gpu_seconds = {budget}
[sampler]
name = "{sampler}"
seed = {seed}
[stopper]
name = "none"
"""
SPACE = """
[epochs]
type = "int"
low = 4
high = 40
log = true
[pause]
type = "float"
low = 0.01
high = 0.1
log = true
"""
DRIVER = (
    "import sys, optuna; optuna.logging.disable_default_handler()\n"
    "from paretune.spec.study_spec import StudySpec\n"
    "from paretune.study.run_study import run_study\n"
    "from paretune.study.observer import Silent\n"
    "run_study(StudySpec.load(sys.argv[1]), storage_url=sys.argv[2], observer=Silent())"
)
KINDS = ("plain", "two drivers", "killed")


def drive(study: Path, url: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", DRIVER, str(study), url])


def wait(driver: subprocess.Popen[bytes]) -> None:
    if driver.wait(timeout=300) != 0:
        raise SystemExit(f"a driver ended with exit code {driver.returncode}")


def run(
    folder: Path, kind: str, budget: float, sampler: str, seed: int, chance: random.Random
) -> LoadedStudy:
    """One study to its end; returns it as the storage has it."""
    folder.mkdir()
    (folder / "burner.py").symlink_to(Path(__file__).with_name("burner.py").resolve())
    (folder / "space.toml").write_text(SPACE)
    study = folder / "budget.toml"
    study.write_text(STUDY.format(budget=budget, sampler=sampler, seed=seed))
    url = f"sqlite:///{folder / 'studies.db'}"
    drivers = [drive(study, url) for _ in range(2 if kind == "two drivers" else 1)]
    if kind == "killed":
        time.sleep(chance.uniform(1.0, 5.0))
        drivers[0].send_signal(signal.SIGKILL)
        drivers[0].wait()
        drivers = [drive(study, url)]
    for driver in drivers:
        wait(driver)
    return load_study("budget", url)


def adds_up(loaded: LoadedStudy, ledger: Ledger) -> bool:
    """To the last digit; the phases, added in another order, to rounding."""
    whole = sum(record.spent.gpu_seconds for record in loaded.records)
    by_phase = sum(ledger.by_phase.values())
    return ledger.gpu_seconds == whole and abs(by_phase - whole) < 1e-9 * max(whole, 1.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", choices=KINDS, help="one kind instead of all by turns")
    parser.add_argument("--sampler", default="random")
    parser.add_argument("--budget", type=float, help="instead of a random one of 2 to 10")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    beyond: dict[str, list[float]] = {kind: [] for kind in KINDS}
    used = []
    asked = unrun = 0
    print(
        f"{'study':12} {'budget':>8} {'spent':>8} {'beyond':>8} {'trials':>7} {'skipped':>8}"
        "  ledger"
    )
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.studies):
            kind = options.kind or KINDS[number % len(KINDS)]
            budget = options.budget or round(chance.uniform(2, 10), 2)
            place = Path(folder) / str(number)
            loaded = run(place, kind, budget, options.sampler, number, chance)
            ledger = ledger_of(loaded)
            skipped = sum(
                r.status is not None and r.status.value == "skipped" for r in loaded.records
            )
            over = ledger.gpu_seconds - budget
            beyond[kind].append(over)
            used.append(ledger.gpu_seconds / budget)
            asked += len(loaded.records)
            unrun += skipped
            verdict = "adds up" if adds_up(loaded, ledger) else "DOES NOT ADD UP"
            print(
                f"{kind:12} {budget:8.2f} {ledger.gpu_seconds:8.2f} {max(over, 0.0):8.3f} "
                f"{len(loaded.records) - skipped:7} {skipped:8}  {verdict}",
                flush=True,
            )
    for kind, overs in beyond.items():
        if overs:
            print(f"{kind}: at most {max(*overs, 0.0):.3f} GPU-seconds beyond the budget")
    print(
        f"used of the budget: {sum(used) / len(used):.1%} on average, at least {min(used):.1%}; "
        f"skipped: {unrun} of {asked} asked for"
    )


if __name__ == "__main__":
    main()
