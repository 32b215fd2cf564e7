"""What `predict.py` reads; that it runs alone is seen in tests/export/test_export_trial.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from paretune.export.scripts.predict_script import read

SHAPE = np.array([4, 5, 1])


def test_arrays_and_their_labels(tmp_path: Path) -> None:
    """Under both pairs of names, with or without the single channel; labels may be absent."""
    images, labels = np.zeros((3, 4, 5), np.uint8), np.array([[1], [2], [3]])
    for names in (("images", "labels"), ("x_test", "y_test")):
        np.savez(tmp_path / "a.npz", **dict(zip(names, (images, labels), strict=True)))
        found, given = read(tmp_path / "a.npz", SHAPE)
        assert found.shape == (3, 4, 5, 1)
        assert given is not None
        assert list(given) == [1, 2, 3]
    np.save(tmp_path / "a.npy", images[..., None])
    found, given = read(tmp_path / "a.npy", SHAPE)
    assert found.shape == (3, 4, 5, 1)
    assert given is None


def test_an_image_file_is_scaled_to_the_model(tmp_path: Path) -> None:
    """To its size and number of channels."""
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (50, 40), (255, 255, 255)).save(tmp_path / "a.png")
    found, given = read(tmp_path / "a.png", SHAPE)
    assert found.shape == (1, 4, 5, 1)
    assert (found == 255).all()
    assert given is None


def test_what_does_not_fit_is_named(tmp_path: Path) -> None:
    """Another shape, and an archive without images."""
    np.save(tmp_path / "a.npy", np.zeros((3, 9, 9)))
    with pytest.raises(SystemExit, match=r"\(9, 9\).*\(4, 5, 1\)"):
        read(tmp_path / "a.npy", SHAPE)
    np.savez(tmp_path / "a.npz", pictures=np.zeros((3, 4, 5)))
    with pytest.raises(SystemExit, match="pictures"):
        read(tmp_path / "a.npz", SHAPE)
