"""`Study`: what is searched, by whom, to which end; and its run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optuna.samplers import BaseSampler

from paretune import samplers, stoppers
from paretune.api.locate_trainable import Located, locate
from paretune.api.notebook_module import NotebookModule
from paretune.api.parameter_types import Choice, Float, Int
from paretune.api.quiet_optuna import quiet_optuna
from paretune.api.result import Result
from paretune.api.study_table import in_arguments, study_table
from paretune.errors import SpecError, TrainableError
from paretune.inputs.mistakes import Mistakes
from paretune.inputs.overrides import Overrides
from paretune.reimport import leave_import
from paretune.spec.study_spec import Budget, SamplerSpec, StudySpec
from paretune.stoppers import Stopper
from paretune.study.observer import Observer, Silent
from paretune.trial.job import Limits
from paretune.trial.prediction import Prediction

if TYPE_CHECKING:
    from paretune.trainables import Trainable

KERAS_MODEL = "keras_model"  # of `train`: the network of the trainable "keras"
Train = Callable[[Mapping[str, Any], Any], Mapping[str, float] | None]


class Study:
    """A search over training configurations.

    Every trial calls the trainable in a process of its own, with one configuration, and measures
    what it costs. What the trials found is kept in a storage under the study's name, so that
    running the study again goes on where it ended.

    Args:
        name: Names the study in its storage and the folder of its files: letters, digits, ".",
            "_" and "-".
        trainable: What a trial runs: a function `train(params, context)` that returns its
            metrics, the name of one as "module:function", a `paretune.Trainable` of several
            stages, or "cnn" or "keras". A function of the running script or of a notebook's cells
            works as well; a lambda or a nested function does not, for a worker process could not
            import it. Of a script everything above `run` is executed once more in the worker.
        space: By name `Float`, `Int`, `Choice`, or a value that is the same in every trial; or the
            path of a space file, or the name of a bundled one.
        objectives: One to five figures of a trial, each "maximize" or "minimize": metrics of the
            trainable, or what is measured of every trial: "gpu_seconds" (of the devices it held;
            core-seconds where a device is a CPU core), "wall_seconds", "cpu_seconds",
            "peak_memory_mib", "total_memory_mib", "host_memory_mib", "energy_j"; and "dollars",
            by `prices`.
        constraints: Bounds on figures, such as `{"accuracy": ">= 0.9"}`. A trial that breaks one
            teaches the sampler and stays out of the front.
        budget: When the study ends, all of its runs together; see `Budget`.
        data: Handed to the trainable as `context.data`; the data set of a bundled one.
        train: Settings that every trial shares, such as `{"epochs": 5}`; they are among the
            trainable's `params`, and a parameter of the space that is named here is fixed. For
            "keras", `keras_model` is the function that builds the network, or its name.
        sampler: Where to look next: "cost_aware", "tpe", "nsgaii", "nsgaiii", "gp", "random",
            "qmc", any sampler of Optuna's as an instance, or "module:factory".
        stopper: Which running trials to end early: "front" (those that will not enter the front),
            "none", an object with `should_stop`, or "module:factory".
        seed: Of the sampler and of every trial (`context.seed`); None leaves it to chance.
        warm_start: Names of earlier studies in the same storage that say where to begin.
        limits: The most that one trial may take; see `Limits`.
        prices: Dollars per hour of a kind of device, such as `{"NVIDIA H200": 3.50}`; a CPU core is
            "cpu-core".
        baselines: Configurations that run first; what one leaves out, the sampler fills in.
        siblings: Try at once what differs from a finished trial only in cheap stages.
        least_gain: End the study when spending as much again as it has spent is expected to add a
            smaller share than this to the front's hypervolume; 0 never does.
        replicate: The share of the budget for training members of the front again with other
            seeds, where it is least sure that they belong there; 0 trains nothing again.
        store_limit_mib: MiB that finished stages may take on disk, to be shared with other trials;
            0 keeps nothing.
        track: Trackers that are told of every trial that ends, such as
            `{"mlflow": "http://localhost:5000"}` or `{"wandb": "project"}`.

    Raises:
        SpecError: An argument is wrong. Every mistake is listed, each with argument, value, cure.
        TrainableError: The trainable cannot be imported by a worker process.

    Examples:
        >>> import paretune as pt
        >>> from fit import train                    # of fit.py beside this script
        >>> study = pt.Study(
        ...     "mine",
        ...     train,
        ...     space={"lr": pt.Float(0.01, 1.0, log=True), "hidden": pt.Choice(4, 16)},
        ...     objectives={"accuracy": "maximize", "gpu_seconds": "minimize"},
        ...     budget=pt.Budget(trials=4),
        ... )
        >>> result = study.run(devices=1, storage="sqlite:///runs.db", progress=False)
        >>> len(result.trials)
        4
        >>> best = result.best("accuracy")
    """

    def __init__(
        self,
        name: str,
        trainable: Train | Trainable | str,
        *,
        space: Mapping[str, Float | Int | Choice | str | float] | str | os.PathLike[str],
        objectives: Mapping[str, str],
        constraints: Mapping[str, str] | None = None,
        budget: Budget | None = None,
        data: Mapping[str, Any] | None = None,
        train: Mapping[str, Any] | None = None,
        sampler: str | BaseSampler = "cost_aware",
        stopper: str | Stopper = "front",
        seed: int | None = None,
        warm_start: Sequence[str] = (),
        limits: Limits | None = None,
        prices: Mapping[str, float] | None = None,
        baselines: Sequence[Mapping[str, Any]] = (),
        siblings: bool = True,
        least_gain: float = 0.0,
        replicate: float = 0.0,
        store_limit_mib: float = 4096.0,
        track: Mapping[str, str] | None = None,
    ) -> None:
        arguments = {key: value for key, value in locals().items() if key != "self"}
        located, arguments["train"] = _located(trainable, train)
        place, mistakes = f"Study({name!r})", Mistakes()
        named = {
            "trainable": located.name,
            "sampler": _named("sampler", sampler, "an Optuna sampler", BaseSampler, mistakes),
            "stopper": _named("stopper", stopper, "a stopper", Stopper, mistakes),
        }
        table = study_table({**arguments, **named}, mistakes)
        if mistakes:
            raise SpecError(place, mistakes)
        try:
            spec = StudySpec.from_table(table, place, Path.cwd())
        except SpecError as error:
            raise in_arguments(error) from None
        # The record of a study names an instance; what it is like only the program knows.
        chosen = SamplerSpec(samplers.name_of(sampler), spec.sampler.seed)
        self._spec = replace(
            spec, search_path=located.folder, sampler=chosen, stopper=stoppers.name_of(stopper)
        )
        self._module: NotebookModule | None = located.module
        self._sampler = None if isinstance(sampler, str) else sampler
        self._stopper = None if isinstance(stopper, str) else stopper

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], overrides: Overrides = ()) -> Study:
        """The study of a study file.

        Args:
            path: The file, or the name of a bundled study.
            overrides: Values by dotted key in place of the file's, such as `{"train.epochs": 2}`,
                or texts such as "train.epochs=2".

        Raises:
            SpecError: There is no such file, or something in it is wrong; every mistake is listed.

        Examples:
            >>> import paretune as pt
            >>> pt.Study.from_file("digits", {"budget.trials": 5}).spec.budget.trials
            5
        """
        study = cls.__new__(cls)
        study._spec = StudySpec.load(os.fspath(path), overrides)
        study._module = study._sampler = study._stopper = None
        return study

    @property
    def name(self) -> str:
        """Its name in the storage."""
        return self._spec.name

    @property
    def spec(self) -> StudySpec:
        """The study as data, checked and complete: what its storage keeps of it."""
        return self._spec

    def run(
        self,
        *,
        devices: int | str | Sequence[int] | None = None,
        storage: str | None = None,
        accept_changed_code: bool = False,
        progress: bool | Observer = True,
    ) -> Result:
        """Search until the budget is spent; or go on, where the study was run before.

        Ctrl-C (or the stop button of a notebook) ends it in good order: trials that run are marked
        and billed, and what was found until then is returned.

        Args:
            devices: How many of this machine's devices to use, or which, as positions `[0, 2]`.
                Without it: all of them. `paretune devices` on the command line lists them.
            storage: Where studies are kept, an Optuna storage URL such as "sqlite:///runs.db".
                Files lie in a folder beside an SQLite file. Without it: a database of your own
                among your user's data.
            accept_changed_code: Go on though earlier trials ran with other code or data.
            progress: Show how it goes, in a terminal or a notebook's cell; or an `Observer`.

        Returns:
            What the study has found, earlier runs included.

        Raises:
            StudyError: A study of that name is there and does not fit to this one.
            StudyHalted: Going on would only repeat one failure.
            TrainableError: The trainable cannot be imported.
            DeviceError: There are no such devices.
            StorageError: The storage cannot be used.

        Examples:
            >>> import paretune as pt
            >>> study = pt.Study.from_file("fit.toml")
            >>> study.run(devices=1, storage="sqlite:///runs.db", progress=False).reason
            'all 3 trials of the budget have been run'
        """
        leave_import()
        from paretune.study.run_study import run_study

        with quiet_optuna(), _observer(progress) as observer:
            summary = run_study(
                self._importable(storage),
                storage_url=storage,
                devices=devices,
                accept_changed_code=accept_changed_code,
                sampler=self._sampler,
                stopper=self._stopper,
                observer=observer,
            )
        return Result.of_run(summary, storage)

    def predict(self, params: Mapping[str, Any], *, storage: str | None = None) -> Prediction:
        """What one configuration will cost, from all that trials like it have shown so far.

        Args:
            params: Of the configuration; what is left out is taken from the first baseline, or is
                the middle of its range.
            storage: Where earlier trials are kept; as in `run`.

        Returns:
            By figure ("gpu_seconds", "spent_gpu_seconds", "peak_memory_mib", ...) an estimate with
            `median`, `low` and `high`, an interval of 80 %; and what it rests on: `basis` is
            "learned", "counted" or "guessed".

        Raises:
            SpaceError: The space has no such parameter or value.

        Examples:
            >>> import paretune as pt
            >>> study = pt.Study.from_file("fit.toml")
            >>> prediction = study.predict({"hidden": 16}, storage="sqlite:///runs.db")
            >>> prediction.figures["gpu_seconds"].median > 0
            True
        """
        leave_import()
        from paretune.study.spending.study_forecast import counting, forecast_for

        with quiet_optuna(), counting(forecast_for(self._importable(storage), storage)) as known:
            return known.predict(known.configuration(params))

    def __repr__(self) -> str:
        return f"Study({self.name!r}: {self._spec.trainable} for {self._spec.objectives.described})"

    def _importable(self, storage: str | None) -> StudySpec:
        """The study as worker processes can run it: what stood in cells is in a file."""
        if self._module is None:
            return self._spec
        from paretune.study.storage.storage_address import StorageAddress

        folder = StorageAddress.of(storage).study_folder(self.name) / "code"
        self._module.write(folder)
        return replace(self._spec, search_path=str(folder))


def _located(trainable: Any, train: Any) -> tuple[Located, Any]:
    """Where workers find the user's code: the trainable, or of "keras" the network's function.

    Also the settings, that function named in them.
    """
    located = locate(trainable)
    if trainable != "keras" or not isinstance(train, Mapping) or KERAS_MODEL not in train:
        return located, train
    try:
        model = locate(train[KERAS_MODEL])
    except TrainableError as error:
        raise TrainableError(error.message, argument=f"train[{KERAS_MODEL!r}]") from None
    return replace(model, name=located.name), {**train, KERAS_MODEL: model.name}


def _named(key: str, value: Any, what: str, kind: type, mistakes: Mistakes) -> str | None:
    """The name that the study's file would give; None, the default, for an instance."""
    if not isinstance(value, str | kind):
        mistakes.note(key, f"is {value!r}: give {what}, or a name in quotes")
    return value if isinstance(value, str) else None


@contextmanager
def _observer(progress: bool | Observer) -> Iterator[Observer]:
    if progress is False:
        yield Silent()
    elif progress is True:
        from rich.console import Console

        from paretune.progress.progress_display import watch

        with watch(Console(markup=False, emoji=False, highlight=False)) as observer:
            yield observer
    else:
        yield progress
