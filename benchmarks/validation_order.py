"""Does the order of configurations on validation carry over to the test images?

    python benchmarks/validation_order.py digits mnist --storage sqlite:///runs/paretune.db

Reads studies that have run, scores the file of every completed trial on the test images, which no
search has seen, and prints Spearman's rank correlation between both accuracies: over the front,
over the completed trials within the constraints, and over all. Where it is low, what a search
finds best is no better elsewhere. Nothing is trained; the models must be on this machine.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import paretune as pt
from paretune.export.export_programs import scores_on_test
from paretune.trial.record import TrialRecord
from scipy.stats import spearmanr

FEWEST = 4  # trials: the order of fewer says nothing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="+", help="names in the storage")
    parser.add_argument("--storage", help="as of `paretune run`")
    options = parser.parse_args()
    print("| study | trials | which | rank correlation | validation | test |")
    print("|---|---|---|---|---|---|")
    for name in options.studies:
        report(pt.load(name, storage=options.storage))


def report(result: pt.Result) -> None:
    """A row for each set of trials."""
    scored = [record for record in result.trials if record.model is not None]
    models = [Path(record.model or "") for record in scored]
    data = result.loaded.spec.data
    scores = scores_on_test(models, data, test_data=None, all_data=None)
    tested = {r.number: s.accuracy for r, s in zip(scored, scores, strict=True)}
    sets = {
        "the front": result.front,
        "within the constraints": [record for record in scored if record.feasible],
        "all": scored,
    }
    for which, records in sets.items():
        print(row(result.name, which, records, tested))


def row(name: str, which: str, records: Sequence[TrialRecord], tested: dict[int, float]) -> str:
    """One line of the table."""
    shown = [record for record in records if record.number in tested]
    if len(shown) < FEWEST:
        return f"| {name} | {len(shown)} | {which} | too few | | |"
    validation = [record.metrics["accuracy"] for record in shown]
    test = [tested[record.number] for record in shown]
    correlation = spearmanr(validation, test).statistic
    spans = [f"{min(part):.3f} to {max(part):.3f}" for part in (validation, test)]
    return f"| {name} | {len(shown)} | {which} | {correlation:.2f} | {' | '.join(spans)} |"


if __name__ == "__main__":
    main()
