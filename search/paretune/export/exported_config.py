"""`config.toml` of an export: one configuration, complete, with what it cost and reached."""

from __future__ import annotations

import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from paretune.errors import ExportError
from paretune.inputs.mistakes import literal
from paretune.study.storage.load_study import LoadedStudy
from paretune.study.stored_trials.study_marks import VERSIONS
from paretune.trial.job import Assignment
from paretune.trial.record import TrialRecord

CONFIG = "config.toml"
CODE = "code"  # the user's modules, as they were when it was exported


class SplitScore(BaseModel):
    """What the exported file scores on the test images, which the search has never seen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    accuracy: float
    loss: float  # mean cross-entropy, nats
    images: int


class BaselineScore(BaseModel):
    """One of the study's baselines, beside which the exported trial is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    baseline: int  # its position in the study file, from 1
    trial: int
    measured: dict[str, float]
    test: SplitScore


class ExportedConfiguration(BaseModel):
    """Enough to train it again, and the figures to compare with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    study: str
    trial: int
    trainable: str
    seed: int
    device_kind: str  # what its costs were measured on: "cpu-core", or the GPU's name
    search_path: str | None = None  # the folder in which the user's code was found
    code_version: str | None = None  # of the trainable and the libraries that it runs on
    model_sha256: str | None = None
    files: tuple[str, ...] = ()  # of the export, this one left out
    data: dict[str, Any] = Field(default_factory=dict)
    train: dict[str, Any]  # what the study fixed and what the search chose, in one
    objectives: dict[str, Literal["maximize", "minimize"]]
    measured: dict[str, float]  # on the validation images; costs without the overhead phases
    phases: dict[str, dict[str, float]] = Field(default_factory=dict)
    test: SplitScore | None = None
    # The network before it became model.tflite, by the file that holds it: its test score.
    networks: dict[str, dict[str, float]] = Field(default_factory=dict)
    baselines: tuple[BaselineScore, ...] = ()
    module_versions: dict[str, str] = Field(default_factory=dict)  # of the user's code
    versions: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def of_trial(
        cls,
        loaded: LoadedStudy,
        record: TrialRecord,
        assignment: Assignment,
        **more: Any,
    ) -> ExportedConfiguration:
        """The configuration of a trial that has run; `assignment` is what its worker was told.

        `more` are the fields that only the export knows.
        """
        own_code = ":" in assignment.trainable or "keras_model" in assignment.params
        return cls(
            study=loaded.study.study_name,
            trial=record.number,
            trainable=assignment.trainable,
            seed=assignment.seed,
            device_kind=loaded.device_kind,
            search_path=assignment.search_path if own_code else None,
            code_version=(assignment.origin or {}).get("version") or None,
            data=dict(assignment.data),
            train=dict(assignment.params),
            objectives=loaded.spec.objectives.by_name,
            measured=dict(record.metrics),
            phases={
                name: {key: value for key, value in asdict(cost).items() if value is not None}
                for name, cost in record.phases.items()
            },
            versions=loaded.study.user_attrs.get(VERSIONS, {}),
            **more,
        )

    @classmethod
    def load(cls, path: Path) -> ExportedConfiguration:
        """Read one that `write` has left. Raises ExportError with every mistake in it."""
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ExportError(
                f"{path}: {error.strerror}; give the {CONFIG} that `paretune export` has written"
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ExportError(f"{path}: not valid TOML: {error}") from error
        try:
            return cls.model_validate(table)
        except ValidationError as problems:
            raise ExportError(
                "\n".join(f"{path}: {_told(problem)}" for problem in problems.errors())
            ) from problems

    def code_folder(self, *, beside: Path) -> str:
        """Where the user's code is: where it was, or, on another machine, in the export."""
        there = self.search_path
        if there and Path(there).is_dir():
            return there
        export = beside.absolute().parent
        return str(export / CODE if (export / CODE).is_dir() else export)

    def write(self, path: Path) -> None:
        """As TOML; floats are written so that they are read again exactly."""
        head = (
            f'# Trial {self.trial} of the study "{self.study}", exported by paretune.\n'
            f"# Train it again: paretune train {path.name}\n\n"
        )
        path.write_text(
            head + tomli_w.dumps(self.model_dump(exclude_none=True, exclude_defaults=True)),
            encoding="utf-8",
        )


def _told(problem: Any) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "missing":
        return f"{key} is missing"
    if problem["type"] == "extra_forbidden":
        return f"{key} is not known; remove it"
    return f"{key} is {literal(problem['input'])}: {problem['msg'].lower()}"
