"""`Result`: what a study has found, from its run or from its storage; and what to take of it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from paretune.api.quiet_optuna import quiet_optuna
from paretune.errors import ExportError
from paretune.front.choice import FrontChoice, choose, chosen_by_name
from paretune.front.measured_front import FrontPoint
from paretune.pareto.selection import parse_tolerances
from paretune.reimport import leave_import
from paretune.study.observer import Summary
from paretune.study.storage.load_study import LoadedStudy, load_study
from paretune.trial.record import TrialRecord

if TYPE_CHECKING:
    import pandas as pd

    from paretune.export.export_trial import Exported
    from paretune.report.front_figure import FrontFigure


@dataclass(frozen=True)
class Result:
    """A study as it stands in its storage.

    A notebook shows its front as a table, `print` does so as well.

    Attributes:
        loaded: All that the storage has of it.
        summary: How the run ended; None of a study that was only loaded.

    Examples:
        >>> import paretune as pt
        >>> study = pt.Study.from_file("fit.toml")
        >>> result = study.run(devices=1, storage="sqlite:///runs.db", progress=False)
        >>> result.front[0].values["accuracy"] == max(t.values["accuracy"] for t in result.trials)
        True
        >>> table = result.to_pandas()
        >>> {"lr", "accuracy", "gpu_seconds", "peak_memory_mib"} <= set(table.columns)
        True
        >>> chosen = result.knee(where="accuracy >= 0.5")
        >>> chosen.export("out").files
        ('config.toml', 'code', 'MODEL_CARD.md')
    """

    loaded: LoadedStudy
    summary: Summary | None = None

    @classmethod
    def of_run(cls, summary: Summary, storage: str | None) -> Result:
        """What is in the storage after a run."""
        with quiet_optuna():
            loaded = load_study(summary.name, storage)
        return cls(loaded, summary)

    @property
    def name(self) -> str:
        """The study's name in its storage."""
        return self.loaded.study.study_name

    @property
    def reason(self) -> str:
        """Why the run ended, in a line; "" of a study that was only loaded."""
        return "" if self.summary is None else self.summary.reason

    @property
    def interrupted(self) -> bool:
        """Was the run ended by Ctrl-C, or by a signal?"""
        return self.summary is not None and self.summary.interrupted

    @property
    def objectives(self) -> dict[str, str]:
        """Every objective, and whether it is to "maximize" or "minimize"."""
        return dict(self.loaded.spec.objectives.by_name)

    @property
    def device_kind(self) -> str:
        """What `gpu_seconds` were measured on: "cpu-core", or a GPU's name."""
        return self.loaded.device_kind

    @property
    def trials(self) -> tuple[TrialRecord, ...]:
        """Every trial that has begun, in order, whatever came of it."""
        return tuple(self.loaded.records)

    @property
    def front(self) -> tuple[TrialRecord, ...]:
        """The Pareto front: the trials within the constraints that no other one beats in every
        objective; best in the first objective first.
        """
        return tuple(self.loaded.front)

    @property
    def points(self) -> tuple[FrontPoint, ...]:
        """The front as far as it can be told: configurations that differ by less than the noise of
        what was measured are one point.

        Each has its figures with their standard errors, and how likely it is to be truly
        non-dominated; best in the first objective first.
        """
        return self.loaded.measured.points

    @property
    def finished(self) -> dict[str, int]:
        """How many trials have ended, by status."""
        return dict(Counter(record.status.value for record in self.trials if record.status))

    @property
    def spent_gpu_seconds(self) -> float:
        """Device-seconds that all trials together have paid, whatever came of them."""
        return self.loaded.spent_gpu_seconds

    def to_pandas(self, which: Literal["front", "trials"] = "front") -> pd.DataFrame:
        """The front, or every trial, as a DataFrame: a row a trial, by its number.

        Columns are the parameters, every figure with its unit in its name (`gpu_seconds`,
        `peak_memory_mib`), what the trial paid (`spent_gpu_seconds`), its status, its error, and
        the paths of its model and log. What a device is stands in `attrs["device_kind"]`.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        from paretune.extras import require
        from paretune.report.flat_rows import flat_rows

        require("pandas", "to_pandas")
        import pandas as pd

        columns, rows = flat_rows(self.front if which == "front" else self.trials)
        table = pd.DataFrame(rows, columns=columns).set_index("number")
        table.attrs["device_kind"] = self.device_kind
        return table

    def plot(self, path: str | os.PathLike[str] | None = None) -> FrontFigure | None:
        """The front as a picture: the first objective against each of the others.

        Args:
            path: Where to write it, a .png or .svg; None gives it back as a figure of matplotlib,
                which a notebook shows.

        Raises:
            ExportError: No trial has completed yet, or the file cannot be written.
            MissingExtraError: matplotlib is not installed.
        """
        from paretune.report import plots

        if path is None:
            return plots.figure(self.loaded)
        plots.draw(self.loaded, Path(path))
        return None

    def report(self, path: str | os.PathLike[str]) -> None:
        """Write the study as one page that needs no network: what was asked and found, the front
        to choose from, what it took, how sure it is.

        Args:
            path: An .html file; it is overwritten.

        Raises:
            ExportError: The file cannot be written.
        """
        from paretune.report.page.report_page import write_page
        from paretune.study.spending.stored_costs import ledger_of

        command = ("paretune", "export", self.name, *self.loaded.address.options)
        write_page(self.loaded, ledger_of(self.loaded), Path(path), command=command)

    def tolerating(self, tolerances: Mapping[str, str | float] | Sequence[str]) -> Result:
        """The same, in which differences of an objective up to a tolerance count as none.

        Args:
            tolerances: By objective a share such as "3 %", or an amount in its own unit; or texts
                such as "gpu_seconds=3 %". The others keep the study's own, or else the noise of
                what was measured decides.

        Raises:
            ExportError: One is of no objective, or is no tolerance.
        """
        spec = self.loaded.spec
        own = {**spec.objectives.tolerances, **parse_tolerances(tolerances, spec.objectives)}
        objectives = replace(spec.objectives, tolerances=own)
        return replace(self, loaded=replace(self.loaded, spec=replace(spec, objectives=objectives)))

    def choose(
        self,
        rule: str | None = None,
        *,
        best: str | None = None,
        weights: Mapping[str, float] | None = None,
        like: int | None = None,
        where: str | Sequence[str] = (),
    ) -> Chosen:
        """One configuration of the front, by a rule; without one the knee.

        Args:
            rule: "knee" (where the front bulges most: a good compromise of all objectives),
                "cheapest", or "smallest" (the size of the file).
            best: The best in this figure, an objective or any other of which it is known which way
                is better; of equals the knee.
            weights: The best weighted sum of objectives, each scaled to the front's range; by
                objective, above 0. Those not named weigh nothing.
            like: The cheapest that is at least as good as this trial in everything but the cost,
                within the noise of what was measured.
            where: Conditions such as "accuracy >= 0.95" or "bits <= 8" (also > and <); only
                trials that meet them all are chosen from.

        Returns:
            The trial; its `choice` says what the nearest better points of the front would have
            taken, and what the figures are expected to be when measured anew.

        Raises:
            ExportError: No trial meets the conditions, one of them cannot be read, or more than
                one rule is given.

        Examples:
            >>> import paretune as pt
            >>> study = pt.Study.from_file("fit.toml")
            >>> result = study.run(devices=1, storage="sqlite:///runs.db", progress=False)
            >>> result.choose("cheapest", where="accuracy >= 0.5").choice.rule
            'the cheapest'
        """
        given = {"rule": rule, "best": best, "weights": weights, "like": like}
        several = [name for name, value in given.items() if value is not None]
        if len(several) > 1:
            raise ExportError(f"give one of {', '.join(given)}: {' and '.join(several)} are given")
        choice = choose(
            self.loaded.measured,
            rule=rule,
            best=best,
            weights=weights,
            like=None if like is None else self.trial(like).record,
            where=[where] if isinstance(where, str) else list(where),
        )
        return Chosen(self.loaded, choice.record, choice)

    def knee(self, where: str | Sequence[str] = ()) -> Chosen:
        """Short for `choose("knee", where=where)`."""
        return self.choose(where=where)

    def best(self, figure: str, where: str | Sequence[str] = ()) -> Chosen:
        """Short for `choose(best=figure, where=where)`."""
        return self.choose(best=figure, where=where)

    def weighted(self, weights: Mapping[str, float], where: str | Sequence[str] = ()) -> Chosen:
        """Short for `choose(weights=weights, where=where)`."""
        return self.choose(weights=weights, where=where)

    def trial(self, number: int) -> Chosen:
        """The trial of that number. Raises ExportError if there is none, or it has no values."""
        from paretune.export.export_trial import completed_trial

        record = completed_trial(self.loaded, number)
        return Chosen(self.loaded, record, chosen_by_name(self.loaded.measured, record))

    def __repr__(self) -> str:
        spent = f"{self.spent_gpu_seconds:.4g} gpu_seconds on {self.device_kind}"
        return (
            f"Result({self.name!r}: {len(self.front)} of {len(self.trials)} trials on the front, "
            f"{spent})"
        )

    def __str__(self) -> str:
        from paretune.progress.rendered import as_text
        from paretune.report import tables

        return as_text(tables.front_table(self.loaded))

    def _repr_html_(self) -> str:
        from paretune.progress.rendered import as_html
        from paretune.report import tables

        return as_html(tables.front_table(self.loaded))


@dataclass(frozen=True)
class Chosen:
    """One trial that was chosen of a study.

    Attributes:
        loaded: The study, as its storage has it.
        record: All that is known of the trial.
        choice: By which rule it was chosen, its figures with their uncertainty, what they are
            expected to be when measured anew, and what its neighbours on the front would take.
    """

    loaded: LoadedStudy
    record: TrialRecord
    choice: FrontChoice

    @property
    def number(self) -> int:
        """The trial's number."""
        return self.record.number

    @property
    def params(self) -> dict[str, object]:
        """Its parameters, without what the study's `train` fixed."""
        return dict(self.record.params)

    @property
    def values(self) -> dict[str, float]:
        """By objective."""
        return dict(self.record.values or {})

    @property
    def metrics(self) -> dict[str, float]:
        """Every figure, measured or returned by the trainable."""
        return dict(self.record.metrics)

    def export(
        self,
        folder: str | os.PathLike[str],
        *,
        formats: Sequence[str] | None = None,
        with_test_data: bool = False,
        with_data: bool = False,
        force: bool = False,
    ) -> Exported:
        """Write the configuration to a folder: `config.toml`, `MODEL_CARD.md`, and the files that
        the trial left, such as `model.tflite`, with `predict.py` that asks it.

        Of a bundled trainable also `train.py`, which trains it again without this package, and
        `model.keras` where the store of stages still has the weights; the test accuracy is computed
        now, for the first time. `paretune train FOLDER/config.toml` on the command line trains any
        trainable again.

        Args:
            folder: It is made; one that holds anything else than an export is refused.
            formats: Of "keras", "saved_model" and "onnx" those to write beside `model.tflite`; an
                empty list writes none of them. None writes "keras" where that can be done.
            with_test_data: Also write the test images, as `test.npz`.
            with_data: Also write all images, as `data.npz`, which `train.py` reads.
            force: Replace the export of another trial.

        Returns:
            What was written: `folder`, `files`, and the `configuration`, with its test accuracy
            where that is known; `missing` says why a format is not among the files.

        Raises:
            ExportError: The trial's files are not on this machine, a format that was asked for
                cannot be written, or the folder cannot.
        """
        leave_import()
        from paretune.export.export_trial import export_trial

        return export_trial(
            self.loaded,
            self.record,
            Path(folder),
            formats=formats,
            with_test_data=with_test_data,
            with_data=with_data,
            force=force,
        )

    def __repr__(self) -> str:
        figures = ", ".join(f"{name} {value:.4g}" for name, value in self.values.items())
        return f"Chosen(trial {self.number} of {self.loaded.study.study_name!r}: {figures})"


def load(name: str, *, storage: str | None = None) -> Result:
    """What a study has found that was run before, by this program or from the command line.

    Args:
        name: The study's name in the storage.
        storage: Where it is kept; as in `Study.run`.

    Raises:
        StudyError: There is no such study; the message names those there are.
        StorageError: There is no such storage, or it cannot be read.

    Examples:
        >>> import paretune as pt
        >>> study = pt.Study.from_file("fit.toml")
        >>> result = study.run(devices=1, storage="sqlite:///runs.db", progress=False)
        >>> pt.load("fit", storage="sqlite:///runs.db").finished
        {'completed': 3}
    """
    with quiet_optuna():
        return Result(load_study(name, storage))
