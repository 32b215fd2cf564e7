"""The shape of a study file, and its mistakes in words: key, value, cure.

pydantic says where something is wrong; the sentences here say what to write instead.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from paretune.catalog import SAMPLERS, STOPPERS
from paretune.inputs.factories import TARGET
from paretune.inputs.mistakes import LARGEST, Mistakes, did_you_mean, literal
from paretune.pareto.objectives import Direction

_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
# It names a folder and a study in a database, and is typed on the command line.
_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
# One of ours by name, or "module:factory" of the user's own (paretune.inputs.factories).
_Sampler = Annotated[str, StringConstraints(pattern=f"^({'|'.join(SAMPLERS)}|{TARGET})$")]
_Stopper = Annotated[str, StringConstraints(pattern=f"^({'|'.join(STOPPERS)}|{TARGET})$")]


class _Strict(BaseModel):
    # The line below a key is its description, here and in the reference of study files.
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )


class BudgetSection(_Strict):
    """What the whole study may spend; what is left out is no limit."""

    gpu_seconds: _Positive | None = None
    """Paid device-seconds of all trials together; core-seconds where a device is a core."""
    dollars: _Positive | None = None
    """The same in dollars, by `[prices]`."""
    wall_seconds: _Positive | None = None
    """Seconds during which at least one run of the study is on."""
    trials: Annotated[int, Field(ge=1, le=LARGEST)] | None = None
    """Number of trials, baselines included."""


class SamplerSection(_Strict):
    """Which sampler, and its seed."""

    name: _Sampler = "cost_aware"
    """Which sampler chooses the next configuration."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    """Makes its choices repeatable; without one they are left to chance."""


class StopperSection(_Strict):
    """When a trial that runs is given up."""

    name: _Stopper = "front"
    """What ends a trial early: `front` where its final point will hardly enter the front."""


class WarmStartSection(_Strict):
    """Earlier studies in the same storage that tell where to begin."""

    studies: list[Annotated[str, StringConstraints(min_length=1)]] = []
    """Names of studies in the same storage, on the same space."""


class LimitsSection(_Strict):
    """The most that one trial may take."""

    gpu_seconds: _Positive | None = None
    """Device-seconds."""
    wall_seconds: _Positive | None = None
    """Seconds from its start."""
    host_memory_mib: _Positive | None = None
    """Resident memory of its processes on the host."""
    report_seconds: _Positive | None = None
    """The longest silence before a trial counts as hung."""


class ObjectiveTable(_Strict):
    """A figure that is optimised, and which differences of it count as none."""

    direction: Direction
    """`maximize` or `minimize`."""
    tolerance: float | str | None = None
    """Configurations that differ by no more count as equal in it: a share such as `"3 %"`, or an
    amount in the figure's own unit. Without one the noise of what was measured decides."""


class SearchSection(_Strict):
    """How the loop goes about it."""

    siblings: bool = True
    """Run at once the configurations of which all but cheap stages have run."""
    least_gain: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """End the study when spending as much again as was spent, at the rate of the best next trial,
    would add a smaller share than this to the hypervolume; 0 never ends it."""


class ReplicateSection(_Strict):
    """Members of the front are trained again with other seeds, where it is least sure that they
    belong there."""

    share: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = 0.0
    """The share of the budget (GPU-seconds or dollars, or else trials) that is kept for it; 0
    trains nothing again."""
    most: Annotated[int, Field(ge=2, le=LARGEST)] = 5
    """How often one configuration is trained at most, its first training included."""


class StoreSection(_Strict):
    """What stages leave, kept for other trials."""

    limit_mib: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 4096.0
    """Size from which the least useful stages make room; 0 keeps nothing."""


class TrackSection(_Strict):
    """Trackers that are told of every trial that ends; what is left out is not told."""

    mlflow: Annotated[str, StringConstraints(min_length=1)] | None = None
    """MLflow: the URI of a server, a folder (`file:///...`) or a database (`sqlite:///...`)."""
    wandb: Annotated[str, StringConstraints(min_length=1)] | None = None
    """Weights & Biases: the name of the project; the variable WANDB_MODE=offline keeps it here."""


class StudyFile(_Strict):
    """A study file, key by key."""

    name: _Name
    """Names the study in its storage, and the folder of its files."""
    space: Annotated[str, StringConstraints(min_length=1)] | dict[str, Any]
    """A bundled space, the path of a space file relative to this file, or the parameters
    themselves as tables below `[space]`, each as a space file has it."""
    trainable: Annotated[str, StringConstraints(min_length=1)]
    """What a trial runs: a bundled trainable, or `module:function`, found beside this file."""
    data: dict[str, Any] = {}
    """The data set; a trainable of your own is handed the table as it is."""
    train: dict[str, Any] = {}
    """Settings that every trial shares; a parameter of the space named here is fixed."""
    objectives: Annotated[dict[str, Direction | ObjectiveTable], Field(min_length=1, max_length=5)]
    """One to five figures of a trial, each `maximize` or `minimize`, or a table of `direction`
    and `tolerance`."""
    constraints: dict[str, str] = {}
    """Bounds such as `accuracy = '>= 0.9'`; a trial that breaks one stays out of the front."""
    budget: BudgetSection = BudgetSection()
    """When the study ends; at least one of its keys."""
    sampler: SamplerSection = SamplerSection()
    """Where to look next."""
    stopper: StopperSection = StopperSection()
    """Which running trials to end."""
    warm_start: WarmStartSection = WarmStartSection()
    """Earlier studies that tell where to begin."""
    limits: LimitsSection = LimitsSection()
    """The most that one trial may take."""
    prices: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = {}
    """Dollars per hour of a kind of device, as `paretune devices` names it."""
    search: SearchSection = SearchSection()
    """How trials are chosen beside the sampler."""
    replicate: ReplicateSection = ReplicateSection()
    """Training members of the front again."""
    store: StoreSection = StoreSection()
    """What finished stages leave for other trials."""
    track: TrackSection = TrackSection()
    """Where ended trials are told of, beside the storage."""
    baseline: list[dict[str, Any]] = []
    """Configurations that run first; what one leaves out, the sampler fills in."""


_SECTIONS: dict[str, type[BaseModel]] = {
    "budget": BudgetSection,
    "sampler": SamplerSection,
    "stopper": StopperSection,
    "warm_start": WarmStartSection,
    "limits": LimitsSection,
    "search": SearchSection,
    "replicate": ReplicateSection,
    "store": StoreSection,
    "track": TrackSection,
}
_CURES = {
    "name": 'a name of letters, digits, ".", "_" and "-" (at most 100), such as "digits"',
    "space": "a bundled space, the path of a .toml file, or the parameters themselves",
    "trainable": 'a bundled trainable or "package.module:function", such as "cnn"',
    "objectives": 'one to five figures, such as accuracy = "maximize" or gpu_seconds = "minimize"',
    "objectives.*": '"maximize" or "minimize"',
    "constraints.*": 'a bound in quotes, such as ">= 0.90"',
    "budget.trials": "a whole number of at least 1",
    "budget.*": "a number above 0",
    "limits.*": "a number above 0",
    "prices.*": 'dollars per device-hour, such as "NVIDIA H200" = 3.50',
    "track.mlflow": 'the URI of a tracking server, such as "http://localhost:5000"',
    "track.wandb": "the name of a project",
    "search.siblings": "true or false",
    "search.least_gain": "a share of at least 0, such as 0.5",
    "replicate.share": "a share of the budget of at least 0 and below 1, such as 0.2",
    "replicate.most": "a whole number of at least 2",
    "stopper.name": f'one of {", ".join(STOPPERS)}, or "module:factory"',
    "warm_start.studies": 'names of studies in the same storage, such as ["digits"]',
    "store.limit_mib": "a number of MiB, 0 to keep nothing",
    "sampler.name": f'one of {", ".join(SAMPLERS)}, or "module:factory"',
    "sampler.seed": "a whole number from 0 to 4294967295",
    "baseline": "tables: write [[baseline]], with parameters below it",
    "baseline.*": "a table: write [[baseline]], with parameters below it",
}


def parse(table: Mapping[str, Any]) -> tuple[StudyFile, frozenset[str], Mistakes]:
    """The file's content, the keys at its top that are partly made up, and its mistakes in shape.

    What is wrong is left out and what is missing is filled in with what cannot be wrong, so that
    everything else can be checked as well.
    """
    mistakes = Mistakes()
    try:
        return StudyFile.model_validate(dict(table)), frozenset(), mistakes
    except ValidationError as problem:
        errors = problem.errors(include_url=False, include_context=False)
    kept = copy.deepcopy(dict(table))
    # Each type that a key may have complains in turn of a value that has none of them.
    for location, error in {_place(error["loc"]): error for error in errors}.items():
        _explain(location, error["type"], _value(table, location, error["input"]), mistakes)
        _leave_out(kept, location)
    kept = _FILLERS | kept
    if not kept["objectives"]:
        kept["objectives"] = _FILLERS["objectives"]
    gaps = frozenset(str(error["loc"][0]) for error in errors)
    return StudyFile.model_validate(kept), gaps, mistakes


_FILLERS: dict[str, Any] = {
    "name": "unnamed",
    "space": "unknown",
    "trainable": "unknown:unknown",
    "objectives": {"accuracy": "maximize"},
}


def _place(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    if location[0] == "objectives":
        return location[:2]
    return location[:1] if location[0] == "space" else location


def _value(table: Mapping[str, Any], location: tuple[int | str, ...], value: Any) -> Any:
    # An objective is a word or a table, and is told as a whole.
    if location[0] == "objectives" and len(location) > 1:
        return table["objectives"][location[1]]
    return value


def _leave_out(table: dict[str, Any], location: tuple[int | str, ...]) -> None:
    inner: Any = table
    for part in location[:-1]:
        inner = inner[part]
    last = location[-1]
    if isinstance(inner, list):
        # Later ones keep their positions.
        inner[int(last)] = {} if location[0] == "baseline" else "unnamed"
    elif last == "objectives" and isinstance(inner.get(last), dict) and inner[last]:
        inner[last] = {}  # too many of them: none is judged
    else:
        inner.pop(last, None)


def directions(file: StudyFile) -> dict[str, Direction]:
    """The objectives' directions by name."""
    given = file.objectives.items()
    return {name: one if isinstance(one, str) else one.direction for name, one in given}


def _explain(location: tuple[int | str, ...], kind: str, value: Any, mistakes: Mistakes) -> None:
    # Lists are counted from 1 on paper: the first [[baseline]] is baseline.1.
    key = ".".join(str(part + 1) if isinstance(part, int) else part for part in location)
    section = str(location[0])
    if kind == "extra_forbidden" and (len(location) == 1 or section in _SECTIONS):
        model = _SECTIONS[section] if len(location) > 1 else StudyFile
        prefix = f"{section}." if len(location) > 1 else ""
        mistakes.unknown(prefix, str(location[-1]), model.model_fields)
        return
    cure = _cure(location)
    if section == "objectives" and len(location) > 1 and isinstance(value, Mapping):
        cure = '{ direction = "minimize", tolerance = "3 %" }, or its direction alone'
    if kind == "missing":
        mistakes.note(key, f"is missing: give {cure}")
        return
    hint = ""
    if isinstance(value, str):
        names: tuple[str, ...] = {"sampler.name": SAMPLERS, "stopper.name": STOPPERS}.get(key, ())
        names = ("maximize", "minimize") if section == "objectives" else names
        hint = did_you_mean(value, names)
    said = "is a table" if isinstance(value, Mapping) and value else f"is {literal(value)}"
    mistakes.note(key, f"{said}: give {cure}{hint}")


def _cure(location: tuple[int | str, ...]) -> str:
    section = str(location[0])
    if len(location) == 1:
        return _CURES.get(section, f"a table: write [{section}], with its keys below it")
    exact = f"{section}.{location[1]}"
    return _CURES.get(exact, _CURES.get(f"{section}.*", "another value"))
