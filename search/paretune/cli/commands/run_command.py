"""`paretune run`: search until the budget is spent."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paretune.catalog import SAMPLERS
from paretune.cli.options import INTERRUPTED_EXIT, NO_ANSWER_EXIT, Storage
from paretune.cli.terminal import console, say
from paretune.inputs.mistakes import LARGEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from paretune.spec.study_spec import StudySpec
    from paretune.study.observer import Summary

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
    devices: Annotated[
        str | None,
        typer.Option(
            "--devices",
            metavar="N|0,1,..",
            help="How many of this machine's devices to use, or which. Default: all of them.",
            show_default=False,
        ),
    ] = None,
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
    from paretune.study.run_study import run_study
    from paretune.trial.outcome import Status

    quieten()
    given = {
        "name": name,
        "budget.trials": trials,
        "sampler.seed": seed,
        "sampler.name": sampler,
        "stopper.name": stopper,
    }
    spec = _load(study, changes or [], {k: v for k, v in given.items() if v is not None}, budget)
    with watch(console()) as observer:
        summary = run_study(
            spec,
            storage_url=storage,
            devices=devices,
            accept_changed_code=accept_changed_code,
            observer=observer,
        )
    _conclude(spec, summary, storage)
    if summary.interrupted:
        raise typer.Exit(INTERRUPTED_EXIT)
    if not summary.state.finished.get(Status.COMPLETED.value):
        say("no trial has completed: `paretune trials` gives each one's reason and log")
        raise typer.Exit(NO_ANSWER_EXIT)


def _load(
    study: str, changes: Sequence[str], given: Mapping[str, Any], budget: str | None
) -> StudySpec:
    """The study with its overrides; a mistake in one that an option gave names the option."""
    from paretune.cli.complaints import in_options
    from paretune.errors import SpecError
    from paretune.inputs.amounts import parse_amount
    from paretune.spec.study_spec import StudySpec

    values = [f"{key}={json.dumps(value)}" for key, value in given.items()]
    if budget is not None:
        unit, amount = parse_amount(budget)
        values.append(f"budget.{unit}={amount}")
    try:
        return StudySpec.load(study, [*changes, *values])
    except SpecError as error:
        raise in_options(error, {key: _OPTIONS[key] for key in given}) from None


def _conclude(spec: StudySpec, summary: Summary, storage: str | None) -> None:
    """The front, what it took, and what to type next."""
    from paretune.report import tables
    from paretune.report.totals import Totals
    from paretune.report.wording import counted, spent, statuses
    from paretune.study.storage.load_study import load_study
    from paretune.study.storage.storage_address import StorageAddress

    state = summary.state
    objectives = spec.objectives
    if state.front:
        title = f"{state.name}: the front of {counted(sum(state.finished.values()), 'trial')}"
        console().print(tables.points_table(state.front, objectives, state.device_kind, title))
    elif objectives.constraints and any(state.finished.values()):
        bounds = " and ".join(map(str, objectives.constraints))
        say(f"no trial is on the front: none keeps {bounds}")
    bill = spent(state.spent_gpu_seconds, state.budget_gpu_seconds, state.device_kind)
    say(summary.reason)
    say(f"trials: {statuses(state.finished) or 'none'}; {bill}")
    totals = Totals.of(load_study(state.name, storage).records)
    say(totals.sentence(state.device_kind))
    if state.front:
        command = ["paretune", "export", state.name, "--rule", "knee"]
        command += ["--out", f"{state.name}-knee", *StorageAddress.of(storage).options]
        say(f"take one: {shlex.join(command)}")
