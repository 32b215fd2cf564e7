"""What a trainable reports or returns, checked: names that are its own, values that are numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from paretune.trainables import Diverged
from paretune.trial.outcome import RESERVED, finite


class ContractBroken(Exception):
    """A trainable told what is not a dict of metric name to number, or a measured name."""


def checked_metrics(returned: object, stage: str) -> dict[str, float]:
    """The returned metrics as plain floats. Raises Diverged on NaN, ContractBroken otherwise."""
    if returned is None:
        return {}
    if not isinstance(returned, Mapping):
        raise ContractBroken(
            f"{stage} returned {_short(returned)} ({type(returned).__name__}); "
            "return a dict of metric name to number"
        )
    check_names(returned, f"{stage} returned")
    metrics = {}
    for name, value in returned.items():
        number = as_number(value)
        if not isinstance(name, str) or isinstance(number, bool | str):
            raise ContractBroken(f"{stage} returned {name!r}: {_short(value)}, which is no number")
        try:
            number = float(number)
        except (TypeError, ValueError) as error:
            raise ContractBroken(
                f"{stage} returned {name!r}: {_short(value)}, which is no number"
            ) from error
        if not finite(number):
            raise Diverged(f"{stage} returned {name} = {number}")
        metrics[name] = number
    return metrics


def check_names(names: Iterable[object], told: str) -> None:
    """Raises ContractBroken where one of the names is a figure that Paretune measures itself.

    A trainable's own value would stand in the place of the measured one, on the front as well.
    """
    for name in names:
        if name in RESERVED:
            raise ContractBroken(
                f"{told} {name!r}, which Paretune measures itself; "
                f"give the metric another name, such as my_{name}"
            )


def as_number(value: Any) -> Any:
    """A NumPy or framework scalar as a plain number; anything else unchanged."""
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "shape", None) in ((), (1,)):
        return item()
    return value


def _short(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # a user's object may fail even at this
        return "an object that cannot be shown"
    return text if len(text) <= 60 else text[:57] + "..."
