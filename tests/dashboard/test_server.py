"""The dashboard, served."""

from __future__ import annotations

import json
import socket
import threading
import urllib.request
from pathlib import Path
from typing import Any

import fabricated
import optuna
import pytest
from optuna.artifacts import get_all_artifact_meta
from paretune.dashboard.server import serve
from paretune.errors import DashboardError
from paretune.study.dashboard_note import DashboardRenewal


@pytest.fixture
def address(made_study: optuna.Study, storage_url: str, tmp_path: Path) -> str:
    """The dashboard, served from a thread on a free port, its notes and graphs renewed once."""
    found: list[str] = []
    up, renewed = threading.Event(), threading.Event()

    def ready(address: str) -> None:
        found.append(address)
        up.set()

    def renew() -> None:
        DashboardRenewal(lambda: ["digits", "gone"], storage_url).renew()
        renewed.set()

    folder = tmp_path / "studies.db.files" / "digits"
    arguments = (made_study._storage, lambda: [folder], tmp_path / "uploads", 0, ready, renew)
    threading.Thread(target=serve, args=arguments, daemon=True).start()
    assert up.wait(120)
    assert renewed.wait(240)
    return found[0].removesuffix("/dashboard/")


def get(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=60) as answer:
        return bytes(answer.read())


def detail(address: str) -> dict[str, Any]:
    (study,) = json.loads(get(f"{address}/api/studies"))["study_summaries"]
    assert study["study_name"] == "digits"
    found: dict[str, Any] = json.loads(get(f"{address}/api/studies/{study['study_id']}"))
    return found


def test_page_of_a_study_is_furnished(address: str, made_study: optuna.Study) -> None:
    """Objectives by name, feasible best trials, note, graphs, the trials' notes and files."""
    page = detail(address)
    assert page["objective_names"] == list(fabricated.SPEC["objectives"])
    assert [trial["number"] for trial in page["best_trials"]] == fabricated.FRONT
    broken = [t["number"] for t in page["trials"] if any(c > 0 for c in t["constraints"])]
    assert broken == [4]
    assert "## Recommended" in page["note"]["body"]
    graphs = {graph["id"] for graph in page["plotly_graph_objects"]}
    assert {"paretune-1-front", "paretune-3-progress", "paretune-8-importances"} <= graphs
    assert "On the front" in page["trials"][1]["note"]["body"]
    assert {a["filename"] for a in page["trials"][1]["artifacts"]} >= {"model.tflite", "log.txt"}
    (picture,) = page["artifacts"]
    files = f"{address}/artifacts/{made_study._study_id}"
    assert b"<svg" in get(f"{files}/{picture['artifact_id']}")
    trial = made_study.get_trials()[0]
    (model,) = get_all_artifact_meta(trial, storage=made_study._storage)
    assert get(f"{files}/{trial._trial_id}/{model.artifact_id}") == b"not a real model"


def test_port_in_use_is_told(made_study: optuna.Study, tmp_path: Path) -> None:
    """Another server has the port: said with its number, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(DashboardError, match=f"port {port}: .*give another"):
            serve(made_study._storage, lambda: [], tmp_path, port, print)
