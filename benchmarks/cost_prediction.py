"""How well a study's costs are predicted from its first trials.

    python benchmarks/cost_prediction.py --run           # runs the studies first (minutes each)
    python benchmarks/cost_prediction.py --storage sqlite:///studies.db --names a b c

Real studies of the digits CNN on two devices with concurrent trials, one for each seed. Two
questions, for GPU-seconds of the configuration, GPU-seconds that the search paid, peak memory and
size of the file:

- learnt from the first 15 trials, how far off is the prediction for each of the others, and how
  many of these lie in the 80 % interval?
- how far off were the predictions that the study itself stored before each trial ran?

Trials that share a training with another are counted like any other: this is what a study is.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median

from paretune.money.learned_costs import observation
from paretune.predict.prediction_score import SPENT, PredictionRow, scores
from paretune.predict.prediction_score import rows as stored_rows
from paretune.predict.predictor import Ahead, Predictor
from paretune.spec.study_spec import StudySpec
from paretune.study.observer import Silent
from paretune.study.run_study import run_study
from paretune.study.storage.load_study import LoadedStudy, load_study
from paretune.trial.outcome import Status
from paretune.trial.prediction import Basis
from paretune.trial.record import TrialRecord

FIGURES = ("gpu_seconds", SPENT, "peak_memory_mib", "model_kib", "model_kib_compressed")


def run_studies(url: str, seeds: int, trials: int) -> list[str]:
    """Run the digits study once a seed; returns the names."""
    names = []
    for seed in range(seeds):
        name = f"predicted-{seed}"
        run_study(
            StudySpec.load(
                "digits",
                {
                    "name": name,
                    "budget": {"trials": trials, "gpu_seconds": 100_000.0},
                    "sampler.seed": seed,
                },
            ),
            storage_url=url,
            devices="2",
            observer=Silent(),
        )
        names.append(name)
    return names


def ahead(record: TrialRecord) -> Ahead:
    """What really ran of the trial, which the plan of its stages told before it began."""
    whole = set(record.phases) | set(record.reused)
    shares = {}
    for name in whole:
        ran = record.phases[name].gpu_seconds if name in record.phases else 0.0
        taken = record.reused[name].gpu_seconds if name in record.reused else 0.0
        shares[name] = ran / (ran + taken) if ran + taken > 0 else 0.0
    return Ahead(shares)


def from_the_first(loaded: LoadedStudy, first: int) -> list[PredictionRow]:
    """Predictions for all later trials by a model of the `first` completed ones."""
    done = [r for r in loaded.records if r.status is Status.COMPLETED]
    known = [observation(r, loaded.spec, r.number) for r in done[:first]]
    predictor = Predictor.learn(loaded.spec.space, 2, [o for o in known if o is not None])
    found = []
    for record in done[first:]:
        params = loaded.spec.configure(record.params).params
        predicted = predictor.predict(params, ahead(record))
        measured = {**record.metrics, SPENT: record.spent.gpu_seconds}
        for name in FIGURES:
            if name in predicted.figures and measured.get(name, 0) > 0:
                estimate = predicted.figures[name]
                found.append(
                    PredictionRow(record.number, name, Basis.LEARNED, estimate, measured[name])
                )
    return found


def show(title: str, by_study: dict[str, list[PredictionRow]]) -> None:
    print(f"\n{title}")
    print(f"{'figure':22}" + "".join(f"{name:>20}" for name in by_study) + f"{'median':>20}")
    judged = {name: scores(found) for name, found in by_study.items()}
    for figure in FIGURES:
        there = [judged[name][figure] for name in by_study if figure in judged[name]]
        if not there:
            continue
        cells = [f"{s.mean_error:.1%} ({s.coverage:.0%} in)" for s in there]
        middle = f"{median(s.mean_error for s in there):.1%}"
        covered = f"{median(s.coverage for s in there):.0%}"
        cells.append(f"{middle} ({covered} in)")
        print(f"{figure:22}" + "".join(f"{cell:>20}" for cell in cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", action="store_true", help="run the studies first")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--first", type=int, default=15, help="trials that are learnt from")
    parser.add_argument("--storage", help="where the studies are, or are to be")
    parser.add_argument("--names", nargs="*", help="studies in the storage")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = options.storage or f"sqlite:///{Path(folder) / 'studies.db'}"
        names = options.names or []
        if options.run:
            names = run_studies(url, options.seeds, options.trials)
        if not names:
            parser.error("give --run, or --storage and --names")
        loaded = {name: load_study(name, url) for name in names}
        first = options.first
        show(
            f"learnt from the first {first} trials, for the others: mean error (inside interval)",
            {name: from_the_first(study, first) for name, study in loaded.items()},
        )
        show(
            "as stored before each trial ran, from the second completed trial on",
            {name: stored_rows(study.records) for name, study in loaded.items()},
        )


if __name__ == "__main__":
    main()
