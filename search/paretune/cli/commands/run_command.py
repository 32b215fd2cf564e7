"""`paretune run`: search until the budget is spent."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paretune.catalog import SAMPLERS
from paretune.cli.options import INTERRUPTED_EXIT, NO_ANSWER_EXIT, Devices, Storage
from paretune.cli.terminal import console, say, tell
from paretune.inputs.mistakes import LARGEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from paretune.api.result import Result
    from paretune.api.study import Study

_OPTIONS = {
    "name": "--name",
    "budget.trials": "--trials",
    "sampler.seed": "--seed",
    "sampler.name": "--sampler",
    "stopper.name": "--stopper",
}


def run(
    study: Annotated[
        str,
        typer.Argument(
            metavar="STUDY", help="A bundled study (`paretune list`) or the path of a study file."
        ),
    ],
    trials: Annotated[
        int | None,
        typer.Option(
            "--trials",
            metavar="N",
            min=1,
            max=LARGEST,
            help="Trials of the study in all, those of earlier runs included.",
            show_default=False,
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            "--budget",
            metavar="AMOUNT",
            help='What the study may spend in all: "600 gpu-seconds", "5 dollars" or '
            '"900 wall-seconds".',
            show_default=False,
        ),
    ] = None,
    devices: Devices = None,
    storage: Storage = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="NAME",
            help="The study's name in the storage. Default: the name in its file.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed",
            metavar="N",
            min=0,
            max=2**32 - 1,
            help="Of sampler and training.",
            show_default=False,
        ),
    ] = None,
    sampler: Annotated[
        str | None,
        typer.Option(
            "--sampler",
            metavar="NAME",
            help=f"Instead of the study file's: {', '.join(SAMPLERS)}, or module:factory.",
            show_default=False,
        ),
    ] = None,
    stopper: Annotated[
        str | None,
        typer.Option(
            "--stopper",
            metavar="NAME",
            help="Instead of the study file's: front (trials that will not enter the front end "
            "early), none, or module:factory.",
            show_default=False,
        ),
    ] = None,
    accept_changed_code: Annotated[
        bool,
        typer.Option(
            "--accept-changed-code",
            help="Go on though the trainable's code or data changed after earlier trials.",
        ),
    ] = False,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="SECTION.KEY=VALUE",
            help="Change the study file for this run; may be given again.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Search: train, measure and compare configurations until the budget is spent.

    Trials and budget are totals of the study: the same command after an interruption goes on
    where it ended, and on a finished study with a larger budget it goes on from there.

    Examples:

    - `paretune run digits`

    - `paretune run digits --budget "600 gpu-seconds" --devices 2`

    - `paretune run my_study.toml --trials 40 --set train.epochs=4`
    """
    from paretune.cli.logs import quieten
    from paretune.progress.progress_display import watch
    from paretune.trial.outcome import Status

    quieten()
    given = {
        "name": name,
        "budget.trials": trials,
        "sampler.seed": seed,
        "sampler.name": sampler,
        "stopper.name": stopper,
    }
    values = {key: value for key, value in given.items() if value is not None}
    loaded = _load(study, changes or [], values, budget)
    with watch(console()) as observer:
        result = loaded.run(
            devices=devices,
            storage=storage,
            accept_changed_code=accept_changed_code,
            progress=observer,
        )
    _conclude(result, storage)
    if result.interrupted:
        raise typer.Exit(INTERRUPTED_EXIT)
    if not result.finished.get(Status.COMPLETED.value):
        say("no trial has completed: `paretune trials` gives each one's reason and log")
        raise typer.Exit(NO_ANSWER_EXIT)


def _load(
    study: str, changes: Sequence[str], given: Mapping[str, Any], budget: str | None
) -> Study:
    """The study with its overrides; a mistake in one that an option gave names the option."""
    from paretune.api.study import Study
    from paretune.cli.complaints import in_options
    from paretune.errors import SpecError
    from paretune.inputs.amounts import parse_amount

    values = [f"{key}={json.dumps(value)}" for key, value in given.items()]
    if budget is not None:
        unit, amount = parse_amount(budget)
        values.append(f"budget.{unit}={amount}")
    try:
        return Study.from_file(study, [*changes, *values])
    except SpecError as error:
        raise in_options(error, {key: _OPTIONS[key] for key in given}) from None


def _conclude(result: Result, storage: str | None) -> None:
    """The front, what is gained by it, what it took, and what to type next."""
    from paretune.front.measured_front import measure_front
    from paretune.money.device_use import DeviceUse
    from paretune.report import tables
    from paretune.report.device_waste import busy_sentence
    from paretune.report.gains import gain_sentence, gains_of
    from paretune.report.totals import Totals
    from paretune.report.wording import counted, statuses
    from paretune.study.storage.storage_address import StorageAddress

    objectives, finished = result.loaded.spec.objectives, result.finished
    limit = None if result.summary is None else result.summary.state.budget_gpu_seconds
    if result.front:
        title = f"{result.name}: the front of {counted(sum(finished.values()), 'trial')}"
        console().print(tables.points_table(result.front, objectives, result.device_kind, title))
    elif objectives.constraints and any(finished.values()):
        bounds = " and ".join(map(str, objectives.constraints))
        tell(f"no trial is on the front: none keeps {bounds}")
    measured = measure_front(result.trials, objectives)
    for gain in gains_of(result.loaded, measured):
        tell(gain_sentence(gain, result.device_kind))
    tell(f"{result.reason}; trials: {statuses(finished) or 'none'}")
    for line in Totals.of(result.trials).lines(result.device_kind, limit):
        tell(line)
    use = DeviceUse.whole((trial.spent for trial in result.trials), result.device_kind)
    busy = busy_sentence(use, result.device_kind)
    if busy is not None:
        tell(busy)
    if result.front:
        options = StorageAddress.of(storage).options
        export = ["paretune", "export", result.name, "--rule", "knee"]
        say(f"look: {shlex.join(['paretune', 'report', result.name, *options])}")
        say(f"take one: {shlex.join([*export, '--out', f'{result.name}-knee', *options])}")
