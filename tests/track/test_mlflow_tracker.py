"""A trial as a run of MLflow's: read back by MLflow's own client.

MLflow is no part of the lock: where it is missing these are skipped. `pip install mlflow-skinny`
brings what they need, and `pip install mlflow` the server, which the nightly test starts.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from any_tracked_trial import tracked
from paretune.track.mlflow_tracker import MlflowTracker
from paretune.trial.outcome import Status

mlflow = pytest.importorskip("mlflow")


@pytest.fixture(params=["folder", pytest.param("server", marks=pytest.mark.nightly)])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Offline, a folder; and a server on this machine, where MLflow has one."""
    folder = f"file://{tmp_path / 'mlruns'}"
    if request.param == "folder":
        os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
        yield folder
        return
    pytest.importorskip("mlflow.server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{tmp_path / 'mlflow.db'}"]
    command += ["--artifacts-destination", str(tmp_path / "artifacts"), "--workers", "1"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        url = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/health", timeout=1)
                break
            except OSError:
                time.sleep(0.2)
        yield url
        server.terminate()


def test_a_run_holds_the_whole_trial(uri: str, tmp_path: Path) -> None:
    """Parameters, figures, the curve by epoch, files, tags and how it ended."""
    tracker = MlflowTracker(uri)
    tracker.log(tracked(tmp_path))
    tracker.log(tracked(tmp_path, Status.FAILED))
    tracker.close()
    client = mlflow.MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("small")
    runs = client.search_runs([experiment.experiment_id])
    assert {run.info.status for run in runs} == {"FINISHED", "FAILED"}
    (run,) = [run for run in runs if run.info.status == "FINISHED"]
    assert run.info.run_name == "small-3"
    assert run.data.params["lr"] == "0.1"
    assert len(run.data.params) == 122
    assert run.data.metrics["accuracy"] == 0.75
    history = client.get_metric_history(run.info.run_id, "epoch_loss")
    assert [(metric.step, metric.value) for metric in history] == [(1, 2.0), (2, 1.0)]
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["model.bin"]
    assert run.data.tags["paretune.status"] == "completed"
