"""When to give up on a trial that runs: early stopping for any number of objectives.

A study takes an instance of a `Stopper` (stopper.py), a name of `paretune.catalog.STOPPERS`, or
"module:factory".
"""

from __future__ import annotations

from paretune.catalog import STOPPERS
from paretune.errors import SearchError
from paretune.inputs.factories import is_target, load_factory
from paretune.stoppers.front_stopper import FrontStopper
from paretune.stoppers.stopper import Curve, NoStopper, Stopper, StudyView, TrialProgress, Verdict

__all__ = [
    "Curve",
    "FrontStopper",
    "NoStopper",
    "Stopper",
    "StudyView",
    "TrialProgress",
    "Verdict",
    "make",
    "name_of",
]

_NAMED: dict[str, type[Stopper]] = {"front": FrontStopper, "none": NoStopper}


def make(stopper: str | Stopper, *, folder: str | None = None) -> Stopper:
    """An instance as it is, or what a name or "module:factory" stands for.

    A module in `folder` is found first. Raises SearchError for an unknown name, and for a factory
    that cannot be had or gives no stopper.
    """
    if not isinstance(stopper, str):
        return stopper
    if is_target(stopper):
        made = load_factory("stopper.name", stopper, folder)()
        if not isinstance(made, Stopper):
            raise SearchError(
                f'stopper.name = "{stopper}": it gave a {type(made).__name__}, which has no '
                "method should_stop(view, progress)"
            )
        return made
    if stopper not in _NAMED:
        raise SearchError(
            f'stopper "{stopper}" is unknown: choose one of {", ".join(STOPPERS)}, or give '
            '"module:factory"'
        )
    return _NAMED[stopper]()


def name_of(stopper: str | Stopper) -> str:
    """How a study's record names it: by its name, or an instance by its class, module:class."""
    if isinstance(stopper, str):
        return stopper
    kind = type(stopper)
    names = (name for name, named in _NAMED.items() if named is kind)
    return next(names, f"{kind.__module__}:{kind.__qualname__}")
