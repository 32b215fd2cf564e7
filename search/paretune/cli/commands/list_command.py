"""`paretune list`: the studies and spaces there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from paretune.cli.options import Storage
from paretune.cli.terminal import say

if TYPE_CHECKING:
    from paretune.study.storage.storage_address import StorageAddress


def list_(
    storage: Storage = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those in which no trial has begun.")
    ] = False,
) -> None:
    """List the bundled studies and spaces, and the studies in the storage that have a trial.

    Example: `paretune list --storage sqlite:///runs/paretune.db`
    """
    from paretune.inputs.toml_files import bundled_names
    from paretune.study.storage.storage_address import StorageAddress

    address = StorageAddress.of(storage)
    fresh = address.is_default and not address.exists
    studies = [] if fresh else _studies(address, everything=everything)
    say(f"bundled studies  {', '.join(bundled_names('studies'))}")
    say(f"bundled spaces   {', '.join(bundled_names('spaces'))}")
    say(f"\nstudies in {address.shown}")
    for line in studies or ["none yet: begin with `paretune run digits`"]:
        say(f"  {line}")


def _studies(address: StorageAddress, *, everything: bool) -> list[str]:
    from paretune.report.wording import counted
    from paretune.study.storage.study_list import studies_at
    from paretune.study.stored_trials.study_marks import DEVICE_KIND, SPEC

    studies = studies_at(address)
    known = [study for study in studies if SPEC in study.attributes]
    ours = [study for study in known if study.begun]
    idle = [study.name for study in known if not study.begun]
    others = len(studies) - len(known)
    width = max((len(study.name) for study in ours), default=0)
    lines = [
        f"{study.name:{width}}  {counted(study.trials, 'trial')} on "
        f"{study.attributes[DEVICE_KIND]}: "
        f"{', '.join(o['name'] for o in study.attributes[SPEC]['objectives'])}"
        for study in ours
    ]
    if idle and everything:
        lines.append(f"that never began: {', '.join(idle)} (`paretune delete NAME`)")
    elif idle:
        lines.append(f"and {len(idle)} that never began (--all)")
    return lines + ([f"and {others} that paretune did not run"] if others else [])
