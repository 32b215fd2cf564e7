"""`paretune store`: what stages have left behind, and making room."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paretune.cli.options import ObjectFormat, Storage
from paretune.cli.terminal import console, say, tell
from paretune.errors import StoreError

if TYPE_CHECKING:
    from paretune.report.row_listing import Listing
    from paretune.stages.prune_store import Pruned
    from paretune.stages.stage_store import StageStore, StoredStage

_SHOWN = 20  # entries in the table, of thousands that there may be
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]iB)\s*", re.IGNORECASE)
_MIB = {"kib": 2.0**-10, "mib": 1.0, "gib": 2.0**10, "tib": 2.0**20}


def store(
    storage: Storage = None,
    limit: Annotated[
        str | None,
        typer.Option(
            "--limit",
            metavar="SIZE",
            help='With --prune: the size to prune to, such as "500 MiB".',
            show_default=False,
        ),
    ] = None,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune",
            help="Remove broken entries, then those worth least for their size until the rest "
            "fits --limit; without --limit, everything.",
        ),
    ] = False,
    form: Annotated[
        ObjectFormat, typer.Option("--format", help="For people, or for scripts.")
    ] = ObjectFormat.TABLE,
) -> None:
    """Show what trained, pruned and quantized stages have left for other trials to take.

    All studies of a storage share these. What is removed is computed again when a trial needs it;
    no study, front or model file loses anything.

    Examples:

    - `paretune store`

    - `paretune store --prune --limit "500 MiB"`
    """
    limit_mib = None if limit is None else parse_size(limit)
    if limit is not None and not prune:
        raise StoreError(f"--limit {limit}: it says how far to prune; add --prune, or leave it out")

    from paretune.cli.logs import quieten
    from paretune.stages.prune_store import prune as prune_store
    from paretune.stages.stage_store import StageStore, StoreProblem
    from paretune.study.storage.storage_address import StorageAddress

    quieten()
    kinds = _device_kinds(storage)
    there = StageStore(StorageAddress.of(storage).stages_folder)
    try:
        pruned = prune_store(there, limit_mib) if prune else None
        entries = _dearest_first(there.entries())
    except StoreProblem as problem:
        raise StoreError(str(problem)) from problem
    if form is ObjectFormat.JSON:
        say(json.dumps(_object(there, entries, pruned), indent=2, allow_nan=False))
        return

    if pruned is not None:
        size = _mib(sum(entry.size_mib for entry in pruned.evicted))
        gone = f"removed {_entries(len(pruned.evicted))} ({size})"
        broken = f" and {len(pruned.broken)} broken" if pruned.broken else ""
        say(gone + broken)
    for line in _summary(entries, kinds):
        tell(line)
    say(str(there.folder))
    if pruned is None and entries:
        say()
        console().print(_table(entries, kinds))


def parse_size(text: str) -> float:
    """'1.5 GiB' as 1536.0 MiB. Raises StoreError for what is no size."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise StoreError(f'--limit {text!r}: write it as "500 MiB" (or KiB, GiB, TiB)')
    return float(match[1]) * _MIB[match[2].lower()]


def _device_kinds(storage: str | None) -> set[str]:
    """Of the studies in the storage; none for a storage of one's own before the first study."""
    from paretune.study.storage.open_storage import open_address
    from paretune.study.storage.retry import retry_locked
    from paretune.study.storage.storage_address import StorageAddress
    from paretune.study.stored_trials.study_marks import DEVICE_KIND

    address = StorageAddress.of(storage)
    if address.is_default and not address.exists:
        return set()
    opened = open_address(address, create=False)
    studies = retry_locked(opened.get_all_studies)
    kinds = (study.user_attrs.get(DEVICE_KIND) for study in studies)
    return {kind for kind in kinds if kind is not None}


def _dearest_first(entries: Sequence[StoredStage]) -> list[StoredStage]:
    return sorted(entries, key=lambda e: (e.gpu_seconds_per_mib, e.used), reverse=True)


def _object(
    store: StageStore, entries: Sequence[StoredStage], pruned: Pruned | None
) -> Mapping[str, Any]:
    """The JSON contract: what is there, dearest for its size first, and what has been removed."""
    evicted = () if pruned is None else pruned.evicted
    return {
        "folder": str(store.folder),
        "size_mib": sum(entry.size_mib for entry in entries),
        "entries": [_entry(entry) for entry in entries],
        "removed": [_entry(entry) for entry in evicted],
        "broken": [] if pruned is None else list(pruned.broken),
    }


def _entry(entry: StoredStage) -> dict[str, Any]:
    return {
        "key": entry.key,
        "stage": entry.stage,
        "params": dict(entry.params),
        "gpu_seconds": entry.gpu_seconds,
        "size_mib": entry.size_mib,
        "last_used": datetime.fromtimestamp(entry.used).astimezone().isoformat(timespec="seconds"),
        "folder": str(entry.folder),
    }


def _table(entries: Sequence[StoredStage], kinds: set[str]) -> Listing:
    from rich.text import Text

    from paretune.report.labels import device_note, number, settings
    from paretune.report.row_listing import ListedRow, Listing

    rows = []
    for entry in entries[:_SHOWN]:
        used = datetime.fromtimestamp(entry.used).strftime("%Y-%m-%d %H:%M")
        cells = (entry.stage, number(entry.gpu_seconds), number(entry.size_mib), used)
        items = settings(entry.params) or ("no parameters",)
        rows.append(ListedRow(tuple(Text(cell) for cell in cells), items))
    notes = [device_note(("gpu_seconds",), kind) for kind in sorted(kinds)]
    notes.append("gpu_seconds: what the stage takes from its start")
    notes.append("--prune begins at the bottom")
    if len(entries) > _SHOWN:
        notes.append(f"{len(entries) - _SHOWN} more below: --format json has them")
    return Listing(
        title="",
        columns=("stage", "gpu_seconds", "MiB", "last used"),
        words=(True, False, False, True),
        rows=rows,
        note="; ".join(notes),
    )


def _summary(entries: Sequence[StoredStage], kinds: set[str]) -> list[str]:
    """What is there in all, then stage by stage, the largest first."""
    if not entries:
        return ["nothing is stored"]
    stages: dict[str, list[StoredStage]] = {}
    for entry in entries:
        stages.setdefault(entry.stage, []).append(entry)
    by_size = sorted(stages.items(), key=lambda item: -sum(e.size_mib for e in item[1]))
    parts = [
        f"{stage} {len(some)} ({_mib(sum(entry.size_mib for entry in some))})"
        for stage, some in by_size
    ]
    return [_total(entries, kinds), f"by stage: {', '.join(parts)}"]


def _total(entries: Sequence[StoredStage], kinds: set[str]) -> str:
    from paretune.report.labels import axis_label, number

    # Lengths of one training have epochs in common, so that their sum is not what was paid.
    seconds = number(sum(entry.gpu_seconds for entry in entries))
    (unit,) = (
        {axis_label("gpu_seconds", kind) for kind in kinds} if len(kinds) == 1 else {"gpu_seconds"}
    )
    size = _mib(sum(entry.size_mib for entry in entries))
    return f"{_entries(len(entries))}, {size}; one by one they would take {seconds} {unit} again"


def _entries(count: int) -> str:
    return f"{count} {'entry' if count == 1 else 'entries'}"


def _mib(size: float) -> str:
    from paretune.report.labels import number

    return f"{number(size)} MiB"
