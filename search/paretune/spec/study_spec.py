"""A study, as its file or a program describes it: overridden, checked as a whole, frozen.

Every mistake of the file and of its search space is listed at once, with its key, its value and
the cure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from paretune.catalog import DATA_SOURCES, TRAINABLES
from paretune.data.public_url import is_url, secret_refusal
from paretune.errors import SpaceError, SpecError
from paretune.inputs import overrides
from paretune.inputs.conditions import Condition
from paretune.inputs.mistakes import Mistakes
from paretune.inputs.overrides import Overrides
from paretune.inputs.tolerance import Tolerance
from paretune.inputs.toml_files import find, read_toml, shown
from paretune.pareto.objectives import Objectives
from paretune.space import space_file
from paretune.space.search_space import Space
from paretune.spec import study_checks, study_file
from paretune.spec.prices import Prices
from paretune.spec.study_file import StudyFile
from paretune.trial.configuration import Configuration
from paretune.trial.job import Limits

OWN_SPACE = "the study's own space"  # that of a study which does not name a space file


@dataclass(frozen=True)
class Budget:
    """What the whole study may spend, however often it is run; None is no limit.

    The study ends at whichever limit is met first.

    Attributes:
        gpu_seconds: Device-seconds paid, start-up and evaluation included (core-seconds where a
            device is a CPU core).
        dollars: The same in money, by the study's prices.
        wall_seconds: Time during which at least one run of the study is on.
        trials: Trials that have ended, those that were interrupted or skipped not counted.

    Examples:
        >>> import paretune as pt
        >>> pt.Budget(gpu_seconds=600, trials=40)
        Budget(gpu_seconds=600, dollars=None, wall_seconds=None, trials=40)
    """

    gpu_seconds: float | None = None
    dollars: float | None = None
    wall_seconds: float | None = None
    trials: int | None = None


@dataclass(frozen=True)
class SamplerSpec:
    """Which sampler looks where next, and its seed; None leaves the seed to chance."""

    name: str = "cost_aware"
    seed: int | None = None


@dataclass(frozen=True)
class ReplicateSpec:
    """The share of the budget for training members of the front again, and how often at most."""

    share: float = 0.0
    most: int = 5


@dataclass(frozen=True)
class StudySpec:
    """A study that can be run, every value resolved.

    Parameters that [train] names are constants of `space`.
    """

    name: str
    space_name: str
    space: Space
    trainable: str
    objectives: Objectives
    data: Mapping[str, Any] = field(default_factory=dict)
    train: Mapping[str, Any] = field(default_factory=dict)
    budget: Budget = Budget()
    sampler: SamplerSpec = SamplerSpec()
    stopper: str = "front"
    warm_start: tuple[str, ...] = ()  # names of studies in the same storage
    limits: Limits = field(default_factory=Limits)
    prices: Prices = field(default_factory=Prices)
    siblings: bool = True  # [search]
    least_gain: float = 0.0  # [search]; 0: the study does not end for want of prospects
    replicate: ReplicateSpec = ReplicateSpec()
    store_limit_mib: float = 4096.0  # [store]; 0: nothing is kept
    track: Mapping[str, str] = field(default_factory=dict)  # by tracker: its URI, its project
    baselines: tuple[Mapping[str, Any], ...] = ()
    place: str = ""  # the file, for messages
    search_path: str = ""  # the file's folder: a trainable beside it is found

    @classmethod
    def load(cls, name_or_path: str, overrides: Overrides = ()) -> StudySpec:
        """Read a bundled study, or a file, and change it by the overrides. Raises SpecError."""
        path = find("studies", name_or_path)
        folder = path.resolve().parent
        return cls.from_table(read_toml(path, "studies"), shown(path), folder, overrides)

    @classmethod
    def from_table(
        cls, table: Mapping[str, Any], place: str, folder: Path, changes: Overrides = ()
    ) -> StudySpec:
        """Build it from the content of a study file. Raises SpecError with every mistake in it.

        `place` is named in messages; paths in the table are relative to `folder`, in which a
        trainable's module is looked for first.
        """
        changed, set_keys, mistakes = overrides.apply(table, changes)
        file, gaps, in_shape = study_file.parse(changed)
        mistakes.extend(in_shape)
        file = _drop_overruled(file, set_keys)
        space = None
        if "space" not in gaps:
            space = _space(file, Path.cwd() if "space" in set_keys else folder, mistakes)
        mistakes.extend(study_checks.check(file, space, gaps))
        # What an override names is relative to where it is typed.
        base = Path.cwd() if "data.source" in set_keys else folder
        data = _data(file, base, mistakes)
        constraints = _constraints(file, mistakes)
        tolerances = _tolerances(file, mistakes)
        if mistakes or space is None:
            raise SpecError(place, mistakes)
        return cls(
            name=file.name,
            space_name=file.space if isinstance(file.space, str) else OWN_SPACE,
            space=space.fix(file.train),
            trainable=file.trainable,
            objectives=Objectives(
                tuple(file.objectives),
                tuple(study_file.directions(file).values()),
                constraints,
                tolerances,
            ),
            data=data,
            train=file.train,
            budget=Budget(**file.budget.model_dump()),
            sampler=SamplerSpec(**file.sampler.model_dump()),
            stopper=file.stopper.name,
            warm_start=tuple(file.warm_start.studies),
            limits=Limits(**file.limits.model_dump()),
            prices=Prices.from_table(file.prices),
            siblings=file.search.siblings,
            least_gain=file.search.least_gain,
            replicate=ReplicateSpec(**file.replicate.model_dump()),
            store_limit_mib=file.store.limit_mib,
            track=file.track.model_dump(exclude_none=True),
            baselines=tuple(file.baseline),
            place=place,
            search_path=str(folder),
        )

    def with_budget(self, **limits: Any) -> StudySpec:
        """The same study with other totals; those that are not given stay.

        Examples:
            >>> StudySpec.load("digits").with_budget(trials=5).budget.trials
            5
        """
        return replace(self, budget=replace(self.budget, **limits))

    @property
    def training_seed(self) -> int:
        """The seed of every training: the sampler's, so that one number repeats a whole study.

        0 where that is left to chance: trials of one configuration then still train alike.
        """
        return self.sampler.seed or 0

    def configure(self, sampled: Mapping[str, Any]) -> Configuration:
        """A trial's sampled parameters with those that [train] fixes for all."""
        return Configuration(sampled, self.train)

    def to_json(self) -> dict[str, Any]:
        """Complete: `from_json` needs no file. Kept with the study in its storage."""
        return {
            "name": self.name,
            "space_name": self.space_name,
            "space": self.space.to_json(),
            "trainable": self.trainable,
            "objectives": [
                {"name": name, "direction": direction}
                for name, direction in self.objectives.by_name.items()
            ],
            "data": dict(self.data),
            "train": dict(self.train),
            "tolerances": {n: t.text for n, t in self.objectives.tolerances.items()},
            "constraints": {c.name: c.text for c in self.objectives.constraints},
            "budget": asdict(self.budget),
            "sampler": asdict(self.sampler),
            "stopper": self.stopper,
            "warm_start": list(self.warm_start),
            "limits": asdict(self.limits),
            "prices": self.prices.to_table(),
            "siblings": self.siblings,
            "least_gain": self.least_gain,
            "replicate": asdict(self.replicate),
            "store_limit_mib": self.store_limit_mib,
            "track": dict(self.track),
            "baselines": [dict(point) for point in self.baselines],
            "place": self.place,
            "search_path": self.search_path,
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> StudySpec:
        """The inverse of `to_json`; of a study that ran, so that no file is looked for."""
        fields = dict(record)
        constraints = fields.pop("constraints").items()
        tolerances = fields.pop("tolerances", {}).items()
        return cls(
            **{
                **fields,
                "space": Space.from_json(record["space"], record["space_name"]),
                "objectives": Objectives(
                    tuple(entry["name"] for entry in record["objectives"]),
                    tuple(entry["direction"] for entry in record["objectives"]),
                    tuple(Condition.parse(name, text) for name, text in constraints),
                    {name: Tolerance.parse(text) for name, text in tolerances},
                ),
                "prices": Prices.from_table(record["prices"]),
                "budget": Budget(**record["budget"]),
                "sampler": SamplerSpec(**record["sampler"]),
                "replicate": ReplicateSpec(**record.get("replicate", {})),
                "warm_start": tuple(record["warm_start"]),
                "limits": Limits(**record["limits"]),
                "baselines": tuple(record["baselines"]),
            }
        )


def _drop_overruled(file: StudyFile, set_keys: frozenset[str]) -> StudyFile:
    # An override train.epochs=2 means all trials; two values in the file itself are a mistake.
    fixed = {key.removeprefix("train.") for key in set_keys if key.startswith("train.")}
    kept = [{k: v for k, v in point.items() if k not in fixed} for point in file.baseline]
    return file.model_copy(update={"baseline": kept})


def _space(file: StudyFile, base: Path, mistakes: Mistakes) -> Space | None:
    if isinstance(file.space, Mapping):
        if not file.space:
            mistakes.note("space", "is empty: give at least one parameter")
            return None
        parameters, found = space_file.parse(file.space)
        mistakes.extend(f"space.{line}" for line in found)
        return None if found else Space(parameters, OWN_SPACE)
    try:
        return Space.load(file.space, base)
    except SpaceError as problem:
        mistakes.extend(f"space {problem.place}: {line}" for line in problem.problems)
        return None


def _data(file: StudyFile, base: Path, mistakes: Mistakes) -> dict[str, Any]:
    # A worker runs in a folder of its own: the source's path is made whole here.
    source = file.data.get("source")
    refusal = secret_refusal(source) if isinstance(source, str) else None
    if refusal is not None:
        mistakes.note("data.source", refusal)
        return {}
    if file.trainable not in TRAINABLES or not isinstance(source, str) or source in DATA_SOURCES:
        return dict(file.data)
    if is_url(source):
        return dict(file.data)
    path = (base / Path(source).expanduser()).resolve()
    if not path.exists():
        mistakes.note("data.source", study_checks.no_source(source, shown(path)))
    return {**file.data, "source": str(path)}


def _constraints(file: StudyFile, mistakes: Mistakes) -> tuple[Condition, ...]:
    conditions: list[Condition] = []
    for name, text in file.constraints.items():
        try:
            conditions.append(Condition.parse(name, text))
        except ValueError as problem:
            mistakes.note(f"constraints.{name}", str(problem))
    return tuple(conditions)


def _tolerances(file: StudyFile, mistakes: Mistakes) -> dict[str, Tolerance]:
    found: dict[str, Tolerance] = {}
    for name, given in file.objectives.items():
        if isinstance(given, str) or given.tolerance is None:
            continue
        try:
            found[name] = Tolerance.parse(given.tolerance)
        except ValueError as problem:
            mistakes.note(f"objectives.{name}.tolerance", str(problem))
    return found
