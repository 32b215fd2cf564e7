"""A study of ten thousand trials in a storage: what does it take to look at it, and to go on?

    python benchmarks/large_study.py [--trials 10000] [--study digits] [--python INTERPRETER]

A few real trials are run; their rows in the database are then copied, with other configurations
and values, until the study has so many trials. Prints, of each command, seconds, CPU seconds and
the peak of its resident memory, without its children (the trials); and the bytes that a trial takes
in the storage. `--python` names an interpreter that has another version, to compare with: on a
machine that is busy only CPU seconds do.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import shlex
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

# Runs a command and writes what its own process took; the trials are processes of their own.
WATCHED = """
import json, resource, sys
from paretune.cli import main
code = main(sys.argv[2:])
own = resource.getrusage(resource.RUSAGE_SELF)
with open(sys.argv[1], "w") as usage:
    json.dump([own.ru_utime + own.ru_stime, own.ru_maxrss / 1024], usage)
sys.exit(code)
"""
NO_LIMIT = 1e9  # GPU-seconds: what the copies have "spent" is more than any budget
NEW, LARGE = "fresh", "large"
# What a trial was given, exactly, and that it was a baseline: a copy was given something else.
FORGOTTEN = ("paretune:params", "paretune:baseline")


def measured(command: list[str], folder: Path) -> tuple[float, float, float, str]:
    """Seconds, CPU seconds, peak MiB and output of a command; its own process only."""
    python, *arguments = command
    watched = [python, "-c", WATCHED, str(folder / "usage.json"), *arguments]
    began = time.monotonic()
    done = subprocess.run(
        watched, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{shlex.join(arguments)} failed:\n{done.stdout}")
    cpu, peak = json.loads((folder / "usage.json").read_text())
    return time.monotonic() - began, cpu, peak, done.stdout


def multiply(database: Path, trials: int, chance: random.Random) -> None:
    """Copy the completed trials of the one study there is until it has `trials`."""
    with closing(sqlite3.connect(database)) as connection, connection:
        rows = {}
        for table in ("trials", *CHILDREN):
            cursor = connection.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in cursor.description]
            rows[table] = [dict(zip(names, row, strict=True)) for row in cursor]
        sources = [row for row in rows["trials"] if row["state"] == "COMPLETE"]
        number = max(row["number"] for row in rows["trials"]) + 1
        last = max(row["trial_id"] for row in rows["trials"])
        added: dict[str, list[dict]] = {table: [] for table in rows}
        for offset in range(trials - number):
            source = sources[offset % len(sources)]
            new = {"trial_id": last + 1 + offset, "number": number + offset}
            added["trials"].append({**source, **new})
            for table, key in CHILDREN.items():
                for row in rows[table]:
                    if row["trial_id"] == source["trial_id"] and row.get("key") not in FORGOTTEN:
                        copy = {**row, "trial_id": new["trial_id"]}
                        del copy[key]
                        added[table].append(varied(table, copy, chance))
        for table, made in added.items():
            if made:
                places = ", ".join(f":{name}" for name in made[0])
                connection.executemany(
                    f"INSERT INTO {table} ({', '.join(made[0])}) VALUES ({places})", made
                )


CHILDREN = {  # a trial's tables, and the column that numbers the rows of each
    "trial_params": "param_id",
    "trial_values": "trial_value_id",
    "trial_user_attributes": "trial_user_attribute_id",
    "trial_system_attributes": "trial_system_attribute_id",
}


def varied(table: str, row: dict, chance: random.Random) -> dict:
    """Another value of a parameter or of an objective."""
    if table == "trial_values":
        return {**row, "value": row["value"] * math.exp(chance.gauss(0.0, 0.05))}
    if table != "trial_params":
        return row
    about = json.loads(row["distribution_json"])["attributes"]
    if "choices" in about:
        return {**row, "param_value": float(chance.randrange(len(about["choices"])))}
    low, high = about["low"], about["high"]
    if about["log"]:
        value = math.exp(chance.uniform(math.log(low), math.log(high)))
    else:
        value = chance.uniform(low, high)
    step = about["step"]
    if step:
        value = min(low + step * round((value - low) / step), high)
    return {**row, "param_value": float(value)}


def sizes(database: Path, trials: int) -> str:
    """Bytes of a trial: its attributes, and all that the file has grown by."""
    with closing(sqlite3.connect(database)) as connection:
        total = 0
        for table in ("trial_user_attributes", "trial_system_attributes"):
            (size,) = connection.execute(
                f"SELECT sum(length(key) + length(value_json)) FROM {table}"
            ).fetchone()
            total += size or 0
    whole = database.stat().st_size
    return f"attributes {total / trials:,.0f} B a trial, the file {whole / trials:,.0f} B a trial"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--real", type=int, default=4, help="trials that are run")
    parser.add_argument("--study", default="digits")
    parser.add_argument("--python", default=sys.executable, help="to compare versions")
    parser.add_argument("--skip", action="append", default=[], help="a row that takes too long")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        storage = ["--storage", f"sqlite:///{folder}/studies.db"]
        program = [options.python]
        limit = ["--set", f"budget.gpu_seconds={NO_LIMIT:.0f}"]
        run = [*program, "run", options.study, *storage, *limit, "--devices", "1", "--name"]
        more = options.trials + 2
        commands = {
            "list": [*program, "list", *storage],
            "front": [*program, "front", LARGE, *storage],
            "trials --format json": [*program, "trials", LARGE, *storage, "--format", "json"],
            "two trials more": [*run, LARGE, "--trials", str(more)],
            "a new study, one trial": [*run, NEW, "--trials", "1"],
        }
        measured([*run, LARGE, "--trials", str(options.real)], folder)
        multiply(folder / "studies.db", options.trials, random.Random(0))
        print(
            f"{options.trials} trials of {options.study}: "
            f"{sizes(folder / 'studies.db', options.trials)}\n"
        )
        print(
            "| command | seconds | CPU seconds | peak MiB | output KiB |\n|---|---|---|---|---|",
            flush=True,
        )
        for title, command in commands.items():
            if title not in options.skip:
                seconds, cpu, peak, text = measured(command, folder)
                row = (
                    f"| {title} | {seconds:.1f} | {cpu:.1f} | {peak:.0f} | {len(text) / 1024:.0f} |"
                )
                print(row, flush=True)


if __name__ == "__main__":
    main()
