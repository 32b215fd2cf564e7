"""`paretune dashboard`: optuna-dashboard on the storage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from paretune.cli.options import Storage
from paretune.cli.terminal import say


def dashboard(
    storage: Storage = None,
    port: Annotated[
        int,
        typer.Option("--port", metavar="N", min=0, max=65535, help="0 takes any that is free."),
    ] = 8080,
) -> None:
    """Serve optuna-dashboard on the storage, for this machine only, until Ctrl-C.

    Each study has its front as a note, its objectives by name, and the model file of each
    completed trial to download.

    Example: `paretune dashboard --storage sqlite:///runs/paretune.db`
    """
    from paretune.cli.logs import quieten
    from paretune.dashboard.publish import serve
    from paretune.study.storage.open_storage import open_address
    from paretune.study.storage.storage_address import StorageAddress
    from paretune.study.stored_trials.records import FOLDER
    from paretune.study.stored_trials.trial_folders import StudyFolder

    quieten()

    def ready(address: str) -> None:
        say(f"{address}  (Ctrl-C ends it)")

    address = StorageAddress.of(storage)
    opened = open_address(address, create=False)

    def folders() -> list[Path]:
        studies = [study for study in opened.get_all_studies() if FOLDER in study.user_attrs]
        return [StudyFolder.at(address, s.study_name, s.user_attrs[FOLDER]).path for s in studies]

    serve(opened, folders, address.study_folder("dashboard-uploads"), port, ready)
