"""Record learning curves of random configurations of LCBench, for the tests of the stopper.

    python benchmarks/record_curves.py --bench ../shared > benchmarks/recorded/lcbench_curves.json

Needs onnxruntime. The curves are those of YAHPO Gym's surrogate (Apache 2.0; LCBench: Zimmer et al.
2021): error and log10 time after each of 52 epochs, time also being the cost.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", type=Path, default=Path("../shared"), help="holds bench/")
    parser.add_argument("--configurations", type=int, default=80)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    sys.path.insert(0, str(args.bench))
    import numpy as np
    from bench import problems

    recorded = {}
    for name in problems.names("lcbench:open"):
        problem = problems.Problem(name)
        units = problem.sample(np.random.default_rng(args.seed), args.configurations)
        runs = []
        for unit in units:
            params = problem.config(unit)
            values, _ = problem.curve(params)
            runs.append(
                {
                    "params": {k: float(f"{v:.4g}") for k, v in params.items()},
                    "error": [round(float(v), 4) for v in values[:, 0]],
                    "log10_time": [round(float(v), 3) for v in values[:, 1]],
                }
            )
        recorded[name] = runs
    json.dump(recorded, sys.stdout, separators=(",", ":"))
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
