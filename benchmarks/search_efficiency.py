"""How much evaluation cost does our search need for a front, against the peers? On recorded data.

    python benchmarks/search_efficiency.py --bench ../shared --families lcbench --seeds 10

Plugs our factories (bench_adapters) into the benchmark of `--bench`, which holds the folder bench/
(its README says what is measured, and what must be installed beside this package), and prints its
table with the results of the peers that are recorded there, or are run anew with `--peers`. Runs
already in `--out` are kept, so that more seeds may be added later.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FAMILIES = ("lcbench", "lcbench_epoch", "rbv2_xgboost")
OURS = ("sampler", "sampler_with_stopper")
NOISY = ("noisy_sampler", "noisy_tpe")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bench", type=Path, default=Path("../shared"), help="holds bench/")
    parser.add_argument("--families", default=",".join(FAMILIES), help="comma list")
    parser.add_argument("--split", default="open", help="of the problems of a family")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--peers", default="", help="comma list of peers to run anew")
    parser.add_argument("--noise", action="store_true", help="ours and TPE, told inexact values")
    parser.add_argument("--out", type=Path, default=Path("search_efficiency"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if not args.peers:
        for path in (args.bench / "bench" / "results").glob("*.json"):
            if not (args.out / path.name).exists():
                shutil.copy(path, args.out)
    paths = [str(HERE.parent), str(HERE), str(args.bench.resolve())]
    # One thread, as the peers had: several would only wait for each other on matrices this small.
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(paths),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    names = NOISY if args.noise else OURS
    specs = [f"bench_adapters:{name}" for name in names] + [p for p in args.peers.split(",") if p]
    for family in args.families.split(","):
        for spec in specs:
            if spec.endswith("with_stopper") and family == "rbv2_xgboost":
                continue  # without epochs there is nothing to stop
            command = ["-m", "bench.run", "--problem", f"{family}:{args.split}"]
            command += ["--optimizer", spec, "--seeds", str(args.seeds)]
            command += ["--out", str(args.out.resolve())]
            subprocess.run([sys.executable, *command], env=environment, check=True)
    table = ["-m", "bench.table", "--results", str(args.out.resolve())]
    subprocess.run([sys.executable, *table], env=environment, check=True)


if __name__ == "__main__":
    main()
