"""Reading the prepared form: damage, forged manifests, and from a server."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from paretune.data.data_options import DataOptions
from paretune.data.dataset import load
from paretune.data.prepare_data import prepare
from paretune.data.prepared_form import is_prepared
from paretune.errors import DataError


@pytest.fixture
def out(tmp_path: Path) -> Path:
    rows = np.random.default_rng(0).integers(0, 256, (60, 4, 4), dtype=np.uint8)
    np.savez(tmp_path / "x.npz", x_train=rows, y_train=np.arange(60) % 3)
    prepare(DataOptions(str(tmp_path / "x.npz")), tmp_path / "out")
    return tmp_path / "out"


def edit(out: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    manifest = json.loads((out / "manifest.json").read_text())
    change(manifest)
    (out / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m["parts"]["train"][0].update(file="../x.npz"), "no plain file name"),
        (lambda m: m["parts"]["train"][0].update(file="/etc/passwd"), "no plain file name"),
        (lambda m: m["parts"]["train"][0].update(digest="00"), "train-00000.npz is damaged"),
        (lambda m: m["labels"].update(test="00"), "test is not what the manifest says"),
        (lambda m: m.update(shape=[8, 8, 1]), "not what its manifest says"),
        (lambda m: m.pop("classes"), "not one that"),
        (lambda m: m.update(format=99), "not of format 1"),
    ],
)
def test_a_forged_manifest_is_not_believed(
    out: Path, change: Callable[[dict[str, Any]], Any], words: str
) -> None:
    """No file outside the folder is read, and no array that differs from its digest."""
    edit(out, change)
    with pytest.raises(DataError, match=words):
        load({"source": str(out)})


def test_a_shard_that_was_cut_or_changed_is_named(out: Path) -> None:
    """Or one that is not there."""
    path = out / "train-00000.npz"
    content = path.read_bytes()
    for damage in (content[:-50], b""):
        path.write_bytes(damage)
        with pytest.raises(DataError, match=r"train-00000\.npz is damaged"):
            load({"source": str(out)})
    path.unlink()
    with pytest.raises(DataError, match=r"train-00000\.npz cannot be read"):
        load({"source": str(out)})


def test_its_split_is_made(out: Path) -> None:
    """An option that would change it is refused, with the cure."""
    assert is_prepared(str(out))
    with pytest.raises(
        DataError, match=r"\[data\] seed is 4, but .* is prepared.*prepare the data"
    ):
        load({"source": str(out), "seed": 4})


def test_a_changed_label_changes_the_fingerprint_in_its_own_place(out: Path) -> None:
    """Rows, labels, split."""
    before = load({"source": str(out)}).fingerprint.split(".")
    with np.load(out / "labels.npz") as archive:
        labels = dict(archive)
    labels["train"][:2] = labels["train"][1::-1]
    np.savez_compressed(out / "labels.npz", **labels)
    from paretune.data.raw_data import array_digest

    edit(out, lambda m: m["labels"].update(train=array_digest(labels["train"])))
    after = load({"source": str(out)}).fingerprint.split(".")
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True]


def test_it_can_lie_on_a_server(out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The URL of its manifest is the source; every file goes through the cache."""
    monkeypatch.setenv("PARETUNE_DATA_CACHE", str(tmp_path / "cache"))

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(out))

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/manifest.json"
        found = load({"source": url})
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert found.fingerprint == load({"source": str(out)}).fingerprint
    assert len(list((tmp_path / "cache").rglob("*.npz"))) == 4
