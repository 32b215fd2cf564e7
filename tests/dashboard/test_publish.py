"""What optuna-dashboard is given: the note, the model files, the metric names."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import fabricated
import optuna
import pytest
from optuna.artifacts import download_artifact, get_all_artifact_meta
from optuna.artifacts.exceptions import ArtifactNotFound
from optuna_dashboard import get_note
from paretune.dashboard.publish import StudyArtifacts, note, publish, serve
from paretune.errors import DashboardError
from paretune.study.storage.load_study import load_study


def files(folder: Path) -> Path:
    """Of the study of fabricated.TRIALS, whose database lies in `folder`."""
    return folder / "studies.db.files" / "digits"


@pytest.fixture
def address(made_study: optuna.Study, tmp_path: Path) -> str:
    """The dashboard, served from a thread on a free port."""
    found: list[str] = []
    up = threading.Event()

    def ready(address: str) -> None:
        found.append(address)
        up.set()

    arguments = (made_study._storage, lambda: [files(tmp_path)], tmp_path / "uploads", 0, ready)
    threading.Thread(target=serve, args=arguments, daemon=True).start()
    assert up.wait(60)
    return found[0].removesuffix("/dashboard/")


def get(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=60) as answer:
        return bytes(answer.read())


def test_note_shows_the_front_and_marks_baselines(
    made_study: optuna.Study, storage_url: str
) -> None:
    """The note names every front member, the baselines, the kind of device and what was spent."""
    loaded = load_study("digits", storage_url)
    text = note(made_study, loaded.records, loaded.front, loaded.device_kind)
    rows = [line for line in text.partition("## Baselines")[0].splitlines() if "adam" in line]
    assert [row.split()[1] for row in rows] == ["0", "1", "2"]
    assert "0 (baseline 1)" in rows[0]
    assert "cpu-core" in text
    assert "In all 5 configurations worth 41.00 core-seconds, for 64.50." in text
    assert "5 completed" in text
    assert "| accuracy ↑ | gpu_seconds ↓ |" in text
    assert "model_kib ↓ | spent | configuration |" in text
    assert "| 369 | 20.5 | optimizer adam" in rows[0]


def test_note_of_a_study_without_a_front_says_so(storage_url: str, tmp_path: Path) -> None:
    """A study that has only failed has a note all the same."""
    study = fabricated.fabricate(storage_url, tmp_path, fabricated.TRIALS[5:])
    loaded = load_study("digits", storage_url)
    text = note(study, loaded.records, loaded.front, loaded.device_kind)
    assert "No trial keeps the study's constraints yet" in text
    assert "1 diverged, 1 out_of_memory" in text


def test_publishing_again_replaces_the_note(made_study: optuna.Study, storage_url: str) -> None:
    """A shorter note leaves nothing of the longer one behind."""
    loaded = load_study("digits", storage_url)
    publish(made_study, list(loaded.records) * 40, list(loaded.front) * 40, "cpu-core")
    publish(made_study, loaded.records, [], "cpu-core")
    assert get_note(made_study) == note(made_study, loaded.records, [], "cpu-core")


def test_publishing_leaves_the_driver_small(made_study: optuna.Study, storage_url: str) -> None:
    """The note is written without the dashboard: its libraries are as large as the driver."""
    code = (
        "import sys\n"
        "from paretune.study.storage.load_study import load_study\n"
        "from paretune.dashboard.publish import publish\n"
        "loaded = load_study(*sys.argv[1:])\n"
        "publish(loaded.study, loaded.records, loaded.front, loaded.device_kind)\n"
        "print([m for m in ('pandas', 'sklearn', 'plotly', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, made_study.study_name, storage_url],
        env={"PYTHONPATH": ":".join(sys.path), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
    assert "## Pareto front" in get_note(made_study)


def test_completed_trials_have_their_model_as_artifact(made_study: optuna.Study) -> None:
    """The file can be downloaded by any Optuna tool; a failed trial has none."""
    counts = [
        len(get_all_artifact_meta(trial, storage=made_study._storage))
        for trial in made_study.get_trials()
    ]
    assert counts == [1, 1, 1, 1, 1, 0, 0]


def test_served_artifact_is_the_model_file(address: str, made_study: optuna.Study) -> None:
    """The dashboard finds the artifacts in the folder of the study they belong to."""
    trial = made_study.get_trials()[0]
    (meta,) = get_all_artifact_meta(trial, storage=made_study._storage)
    path = f"/artifacts/{made_study._study_id}/{trial._trial_id}/{meta.artifact_id}"
    assert meta.filename == "model.tflite"
    assert get(address + path) == b"not a real model"


def test_dashboard_knows_the_objectives_by_name(address: str) -> None:
    """The metric names reach the dashboard's own interface."""
    (study,) = json.loads(get(f"{address}/api/studies"))["study_summaries"]
    detail = json.loads(get(f"{address}/api/studies/{study['study_id']}"))
    assert study["study_name"] == "digits"
    assert detail["objective_names"] == list(fabricated.SPEC["objectives"])


def test_broken_constraints_reach_the_dashboard(address: str) -> None:
    """It shows the trial that breaks the accuracy bound as infeasible."""
    (study,) = json.loads(get(f"{address}/api/studies"))["study_summaries"]
    detail = json.loads(get(f"{address}/api/studies/{study['study_id']}"))
    broken = [t["number"] for t in detail["trials"] if any(c > 0 for c in t["constraints"])]
    assert broken == [4]


def test_uploads_and_studies_are_one_store(tmp_path: Path) -> None:
    """An upload is found again; an id that leads out of the folder is not."""
    store = StudyArtifacts(lambda: [tmp_path / "study"], tmp_path / "uploads")
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "a").write_bytes(b"model")
    (tmp_path / "secret").write_bytes(b"secret")
    store.write("b", io.BytesIO(b"upload"))
    assert store.open_reader("a").read() == b"model"
    assert store.open_reader("b").read() == b"upload"
    store.remove("b")
    for artifact in ("b", "../secret"):
        with pytest.raises(ArtifactNotFound):
            store.open_reader(artifact)


def test_downloads_through_optuna_work_on_the_store(
    made_study: optuna.Study, tmp_path: Path
) -> None:
    """The store keeps Optuna's own protocol."""
    trial = made_study.get_trials()[1]
    (meta,) = get_all_artifact_meta(trial, storage=made_study._storage)
    folder = files(tmp_path) / "artifacts"
    store = StudyArtifacts(lambda: [folder], tmp_path / "uploads")
    target = tmp_path / "model"
    download_artifact(artifact_store=store, file_path=str(target), artifact_id=meta.artifact_id)
    assert target.read_bytes() == b"not a real model"


def test_port_in_use_is_told(address: str, made_study: optuna.Study, tmp_path: Path) -> None:
    """A second dashboard on the same port says which port, and what to do."""
    port = int(address.rpartition(":")[2])
    with pytest.raises(DashboardError, match=f"port {port}: .*give another"):
        serve(made_study._storage, lambda: [], tmp_path, port, print)
