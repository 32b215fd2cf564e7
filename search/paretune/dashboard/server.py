"""Serves optuna-dashboard on this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from optuna.storages import BaseStorage

from paretune.dashboard.artifacts import ARTIFACTS, StudyArtifacts
from paretune.errors import DashboardError
from paretune.extras import require

HOST = "127.0.0.1"
RENEWAL_SECONDS = 20.0


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


def serve(
    storage: BaseStorage,
    folders: Callable[[], Sequence[Path]],
    uploads: Path,
    port: int,
    ready: Callable[[str], None],
    renew: Callable[[], None] | None = None,
) -> None:
    """Serve the dashboard on this machine only, until interrupted; port 0 takes a free one.

    `folders` are those of the studies, asked at every look-up; `ready` is called with the
    address; `renew` from a thread, now and every RENEWAL_SECONDS, to bring notes and graphs up to
    date. Raises DashboardError where the port cannot be had.
    """
    require("optuna_dashboard", "the dashboard")
    from optuna_dashboard import wsgi

    from paretune.dashboard.feasible_best import feasible_best

    def artifacts() -> list[Path]:
        return [folder / ARTIFACTS for folder in folders()]

    feasible_best(storage)
    app = wsgi(storage, artifact_store=StudyArtifacts(artifacts, uploads))
    try:
        server = make_server(HOST, port, app, server_class=_Server, handler_class=_Quiet)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DashboardError(
            f"{port}: {reason}; give another one, or 0 for any that is free", argument="port"
        ) from error
    ended = threading.Event()
    with server:
        if renew is not None:
            threading.Thread(target=_renew, args=(renew, ended), daemon=True).start()
        ready(f"http://{HOST}:{server.server_port}/dashboard/")
        try:
            server.serve_forever()
        finally:
            ended.set()


def _renew(renew: Callable[[], None], ended: threading.Event) -> None:
    while True:
        renew()
        if ended.wait(RENEWAL_SECONDS):
            return
