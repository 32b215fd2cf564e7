"""The worker's side: what a trial trains. Nothing of the engine imports this package.

A trainable is a chain of stages. A user's plain function `train(params, context) -> metrics` is a
chain of one. Between two stages there is a folder: a stage finds what the stage before it left in
`context.inputs` and leaves its own product in `context.output`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Params = Mapping[str, Any]


class StopTrial(Exception):
    """Raised by `context.report` when the trial is to end early. Let it pass."""


class Diverged(Exception):
    """Raised by `context.report` when a metric is NaN or infinite. Let it pass."""


class Context(Protocol):
    """What a trainable is given besides its parameters."""

    number: int  # of the trial
    seed: int
    directory: Path  # the trial's folder; what is written here is kept
    devices: tuple[str, ...]  # leased: "cpu:0", ... or GPU UUIDs
    device_kind: str  # "cpu-core" or the GPU's name
    data: Mapping[str, Any]  # the study's [data] table
    inputs: Path | None  # what the stage before left; None for the first
    output: Path  # where this stage leaves its product
    scratch: dict[str, Any]  # live objects handed from stage to stage within one process

    def report(self, epoch: int, **metrics: float) -> None:
        """Tell how far the trial is. Raises Diverged on NaN, StopTrial when it should end."""
        ...

    @property
    def resumed(self) -> tuple[int, Path] | None:
        """For a stage with a `prefix`: how far a stored run of it came, and what that left."""
        ...

    def checkpoint(
        self, reached: int, write: Callable[[Path], None], metrics: Mapping[str, float]
    ) -> None:
        """For a stage with a `prefix`: here it stands as if it had been run with prefix=`reached`.

        `write(folder)` must leave what the stage would have left, and `metrics` be what it would
        have returned. It is called only where somebody may use it.
        """
        ...

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Measure what runs inside as a phase of its own, apart from the phase around it."""
        ...

    def save_artifact(self, source: Path | bytes, name: str) -> Path:
        """Keep a file with the trial under `name`; returns its path."""
        ...

    def note(self, **facts: Any) -> None:
        """Record JSON facts that are not metrics (named layers left in float, versions).

        `validation_images=n` says how many examples an accuracy rests on: it is then shown with
        the uncertainty that follows from that.
        """
        ...


@dataclass(frozen=True)
class Stage:
    """One link of the chain. `run` sees only the parameters named here."""

    name: str  # also the phase its cost is recorded under
    run: Callable[[Params, Context], Mapping[str, float] | None]
    params: tuple[str, ...] | None = None  # None: all of them
    when: Callable[[Params], bool] = lambda params: True  # else skipped: no wrapper and no cost
    hides: tuple[str, ...] = ()  # with params None: all of them but these
    # Is what it leaves in `context.output` all that it does? Then a stored product may stand in
    # for running it. A stage that writes elsewhere (artifacts) or times something must run.
    stored: bool = True
    # A parameter (epochs) of which a run with a larger value passes through the state of one
    # with a smaller, so that it may begin there; where `prefix_exact` says so.
    prefix: str | None = None
    prefix_exact: Callable[[Params], bool] = lambda params: True
    # False: it computes on a CPU core. On a machine with GPUs those stages behind the last one that
    # needs devices run in a process of their own, once the GPUs are given back: they find what
    # `context.inputs` holds, an empty `context.scratch`, and one CPU core in `context.devices`.
    device: bool = True

    def declared(self, params: Params) -> tuple[str, ...]:
        """The names among `params` that the stage may read."""
        names = params if self.params is None else self.params
        return tuple(name for name in names if name in params and name not in self.hides)


@dataclass(frozen=True)
class NetworkFormat:
    """A way to keep the trained network that its framework can read.

    `write(products, data, target)` is given the folder that each stage of the trial has left (None
    where it is kept no more) and the [data] table. It writes `target`, and returns what the network
    scores on the test part: {"accuracy": ..., "images": ...}; {} where nobody knows. ValueError
    says why it cannot.
    """

    file: str  # its name, or a folder's
    write: Callable[
        [Mapping[str, Path | None], Mapping[str, Any], Path],
        Mapping[str, float],
    ]
    needs: tuple[str, ...] = ()  # modules that may not be installed


@dataclass(frozen=True)
class Trainable:
    """A chain of stages; the metrics of later stages win over those of earlier ones."""

    name: str
    stages: tuple[Stage, ...]
    # Called once, before any trial, with the [data] table: checks the data (DataError), may load
    # it for all trials to inherit, and returns a fingerprint of it. It must not run the framework.
    prepare: Callable[[Mapping[str, Any]], str] | None = None
    # What a configuration's cost can be told from before anything has run, given the [data] table:
    # "parameters", "multiply_adds" (forward, of one example), "examples" (of an epoch); any of
    # them. It must not run the framework either.
    count: Callable[[Params, Mapping[str, Any]], Mapping[str, float]] | None = None
    # Called, on GPUs, in the process of a trial that is to begin soon, with the GPUs' ids and the
    # [data] table, while another trial trains there: for what costs every trial alike, such as a
    # CUDA context, libraries, data on the device. What it leaves in memory the trial finds.
    warm_up: Callable[[Sequence[str], Mapping[str, Any]], None] | None = None
    # The modules with code of the user's that these parameters name: it counts as the trainable's.
    modules: Callable[[Params], Sequence[str]] = lambda params: ()
    # What `paretune export --format` can write of it.
    formats: Mapping[str, NetworkFormat] = field(default_factory=dict)
    version: str = ""  # of the code; filled in from the source when it is loaded
