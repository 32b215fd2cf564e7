"""`paretune dashboard`: optuna-dashboard on the storage."""

from __future__ import annotations

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
    from paretune.study.storage.open_storage import files_folder, open_storage
    from paretune.study.storage.records import FOLDER

    quieten()

    def ready(address: str) -> None:
        say(f"{address}  (Ctrl-C ends it)")

    opened = open_storage(storage, create=False)
    serve(opened, FOLDER, files_folder(storage, "dashboard-uploads"), port, ready)
