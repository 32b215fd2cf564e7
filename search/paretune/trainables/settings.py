"""What each stage may be told, with its default: the one place where defaults of `[train]` live.

Study parameters and `[train]` settings come merged in one mapping, of which a stage sees the names
that its class here declares. Imports no framework.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from paretune.errors import TrainableError


@dataclass(frozen=True)
class _Check:
    good: Callable[[Any], bool]
    wanted: str


def _one_of(*choices: object) -> _Check:
    return _Check(
        lambda value: value in choices and not isinstance(value, bool),
        "choose one of " + ", ".join(map(str, choices)),
    )


def _number(low: float, high: float, *, above: bool = False, optional: bool = False) -> _Check:
    def good(value: Any) -> bool:
        if value is None:
            return optional
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return (low < value if above else low <= value) and value <= high

    return _Check(good, f"give a number {'above' if above else 'from'} {low:g} to {high:g}")


def _whole(low: int, high: int | None = None, *, optional: bool = False) -> _Check:
    def good(value: Any) -> bool:
        if value is None:
            return optional
        if isinstance(value, bool) or not isinstance(value, int):
            return False
        return low <= value and (high is None or value <= high)

    return _Check(good, f"give a whole number >= {low}" + ("" if high is None else f", <= {high}"))


def _setting(default: Any, check: _Check, about: str) -> Any:
    return field(default=default, metadata={"check": check, "about": about})


class Settings:
    """A frozen dataclass of settings that parses itself from the stage's parameters."""

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The parameters to declare in the stage."""
        return tuple(item.name for item in fields(cls))  # type: ignore[arg-type]

    @classmethod
    def parse(cls, params: Mapping[str, Any]) -> Self:
        """Raises TrainableError for a value that cannot be used; other names are not looked at."""
        given = {}
        for item in fields(cls):  # type: ignore[arg-type]
            if item.name not in params:
                continue
            value, check = params[item.name], item.metadata["check"]
            if not check.good(value):
                raise TrainableError(
                    f"{item.name} is {value!r}; {check.wanted} ([train], or the space)"
                )
            given[item.name] = value
        return cls(**given)


_SCHEDULE = _one_of("constant", "cosine", "wsd")


@dataclass(frozen=True)
class TrainSettings(Settings):
    """How the network is trained."""

    optimizer: str = _setting("adam", _one_of("sgd", "adam"), "Adam, or SGD with momentum.")
    learning_rate: float = _setting(1e-3, _number(0, 100, above=True), "The peak of the schedule.")
    momentum: float = _setting(0.9, _number(0, 0.9999), "Of `sgd`.")
    batch_size: int = _setting(128, _whole(1), "Over all devices of the trial.")
    gpu_count: int = _setting(1, _whole(1), "Devices that the trial leases.")
    epochs: int = _setting(5, _whole(1), "Passes over the training data.")
    data_fraction: float = _setting(
        1.0,
        _number(0, 1, above=True),
        "Share of the training rows that is used, of every class; a smaller one is part of every "
        "larger.",
    )
    schedule: str = _setting(
        "constant", _SCHEDULE, "Of the learning rate; `wsd`: warm-up, stable, decay."
    )
    warmup: float = _setting(
        0.2,
        _number(0, 1),
        "Share of a cosine's steps, or of the first epoch of `wsd`, that rise to the peak.",
    )
    strategy: str = _setting(
        "auto",
        _one_of("auto", "mirrored"),
        "`mirrored` makes replicas also on CPU cores, where `auto` uses threads.",
    )
    precision: str = _setting(
        "float32",
        _one_of("float32", "bfloat16"),
        "In which the layers compute; weights and their updates stay float32.",
    )


@dataclass(frozen=True)
class DecaySettings(Settings):
    """How the rate of a "wsd" schedule falls, after the training proper."""

    schedule: str = _setting("constant", _SCHEDULE, "As above.")
    decay_epochs: int | None = _setting(
        None,
        _whole(1, optional=True),
        "Epochs of the decay of `wsd`; none given: a quarter of the training.",
    )

    @property
    def asked(self) -> bool:
        """Is there anything to decay?"""
        return self.schedule == "wsd"

    def duration(self, training_epochs: int) -> int:
        """Epochs of the decay that follows a training of so many."""
        return _duration(self.decay_epochs, 1 / 4, training_epochs)


@dataclass(frozen=True)
class CnnSettings(Settings):
    """The bundled network's shape."""

    width: float = _setting(
        1.0, _number(0, 4, above=True), "Filters and units, as a share of the full ones."
    )
    stem: str = _setting(
        "pool",
        _one_of("pool", "stride"),
        "What halves the image first: max-pooling, or a convolution of stride 2.",
    )


@dataclass(frozen=True)
class PruneSettings(Settings):
    """How weights are removed in the fine-tuning that follows training."""

    sparsity: float = _setting(
        0.0, _number(0, 0.99), "Share of a layer's weights that are set to zero; 0 prunes nothing."
    )
    pruning_structure: str = _setting(
        "unstructured",
        _one_of("unstructured", "2:4"),
        "`2:4` keeps two of every four weights of a layer that has fours, at any sparsity above 0.",
    )
    pruning_schedule: str = _setting(
        "polynomial",
        _one_of("polynomial", "constant"),
        "How sparsity grows during the fine-tuning.",
    )
    pruning_begin: float = _setting(
        0.0, _number(0, 1), "Share of the fine-tuning's steps at which pruning begins."
    )
    pruning_end: float = _setting(0.5, _number(0, 1), "Share at which the sparsity is reached.")
    prune_epochs: int | None = _setting(
        None, _whole(1, optional=True), "Epochs of the fine-tuning; none given: half the training."
    )

    @property
    def asked(self) -> bool:
        """Is there anything to prune?"""
        return self.sparsity > 0

    def duration(self, training_epochs: int) -> int:
        """Epochs of the fine-tuning that follows a training of so many."""
        return _duration(self.prune_epochs, 1 / 2, training_epochs)


@dataclass(frozen=True)
class QuantizeSettings(Settings):
    """How the weights are stored in the file."""

    bits: int = _setting(32, _one_of(32, 16, 8, 4, 2), "Of a weight in the file.")
    activations: str = _setting(
        "float", _one_of("float", "int8"), "`int8` makes a file of 8-bit integers throughout."
    )

    def __post_init__(self) -> None:
        if self.activations == "int8" and self.bits != 8:
            raise TrainableError(
                f"activations is 'int8' with bits = {self.bits}; full integers are 8-bit weights, "
                "too: set bits to 8 (in a space: when = {bits = 8})"
            )

    @property
    def asked(self) -> bool:
        """Is there anything to do to the float32 file?"""
        return self.bits < 32


@dataclass(frozen=True)
class AwareSettings(Settings):
    """Quantization-aware fine-tuning, before the file is made."""

    bits: int = _setting(32, _one_of(32, 16, 8, 4, 2), "As above; 2 bits are always trained for.")
    quantization: str = _setting(
        "ptq",
        _one_of("ptq", "qat"),
        "After training (`ptq`), or with a fine-tuning for it (`qat`).",
    )
    qat_epochs: int | None = _setting(
        None,
        _whole(1, optional=True),
        "Epochs of that fine-tuning; none given: a third of the training.",
    )

    @property
    def asked(self) -> bool:
        """Is there a fine-tuning? 32 and 16 bits need none, 2 bits are nothing without."""
        return self.bits == 2 or (self.quantization == "qat" and self.bits < 16)

    def duration(self, training_epochs: int) -> int:
        """Epochs of the fine-tuning that follows a training of so many."""
        return _duration(self.qat_epochs, 1 / 3, training_epochs)


def _duration(given: int | None, share: float, training_epochs: int) -> int:
    return given or max(math.ceil(share * training_epochs), 1)
