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

    Each study has a note with its front and what to take, graphs of its front, progress, costs
    and parameters, and the files of its trials to download. They follow a study that runs.

    Example: `paretune dashboard --storage sqlite:///runs/paretune.db`
    """
    from paretune.cli.logs import quieten
    from paretune.dashboard.server import serve
    from paretune.study.dashboard_note import DashboardRenewal
    from paretune.study.storage.open_storage import open_address
    from paretune.study.storage.storage_address import StorageAddress
    from paretune.study.stored_trials.study_marks import FOLDER
    from paretune.study.stored_trials.trial_folders import StudyFolder

    quieten()

    def ready(address: str) -> None:
        say(f"{address}  (Ctrl-C ends it)")

    address = StorageAddress.of(storage)
    opened = open_address(address, create=False)

    def ours() -> dict[str, str]:
        """The folders of Paretune's studies, by the study's name."""
        studies = opened.get_all_studies()
        return {s.study_name: s.user_attrs[FOLDER] for s in studies if FOLDER in s.user_attrs}

    def folders() -> list[Path]:
        return [StudyFolder.at(address, name, place).path for name, place in ours().items()]

    renewal = DashboardRenewal(lambda: list(ours()), storage)
    uploads = address.study_folder("dashboard-uploads")
    serve(opened, folders, uploads, port, ready, renewal.renew)
