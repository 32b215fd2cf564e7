"""Folders of pictures by class, and archives of them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from paretune.data.dataset import load
from paretune.data.image_folder import read_image_folder
from paretune.data.raw_data import TEST, TRAIN
from paretune.errors import DataError

Image = pytest.importorskip("PIL.Image")


def fill(root: Path, folders: tuple[str, ...] = ("cat", "dog"), count: int = 6) -> Path:
    generator = np.random.default_rng(0)
    for folder in folders:
        (root / folder).mkdir(parents=True)
        for number in range(count):
            pixels = generator.integers(0, 256, (6, 5, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / folder / f"{number}.png")
    return root


def zipped(root: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(root.rglob("*.png")):
            archive.write(file, file.relative_to(root.parent))
    return path


def tarred(root: Path, path: Path) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        archive.add(root, root.name)
    return path


def test_a_folder_and_its_archives_hold_the_same(tmp_path: Path) -> None:
    """Classes are numbered by the alphabet; every row knows its file."""
    root = fill(tmp_path / "pets")
    whole = read_image_folder(root)
    assert whole.class_names == ("cat", "dog")
    assert whole.parts[TRAIN].rows.shape == (12, 6, 5, 3)
    assert whole.parts[TRAIN].names[6] == "dog/0.png"
    for path in (zipped(root, tmp_path / "pets.zip"), tarred(root, tmp_path / "pets.tar.gz")):
        part = read_image_folder(path).parts[TRAIN]
        order = np.argsort(part.names)
        assert np.array_equal(part.rows[order], whole.parts[TRAIN].rows)
        assert part.labels[order].tolist() == [0] * 6 + [1] * 6


def test_train_and_test_are_parts_and_numbers_count_as_numbers(tmp_path: Path) -> None:
    """A class "10" comes after "9"; a validation folder belongs to the training rows."""
    fill(tmp_path, ("train/9", "train/10", "val/9", "test/9", "test/10"), 2)
    raw = read_image_folder(tmp_path)
    assert raw.class_names == ("9", "10")
    assert (len(raw.parts[TRAIN]), len(raw.parts[TEST])) == (6, 4)


def test_damaged_pictures_are_named_or_dropped_and_counted(tmp_path: Path) -> None:
    """One that is cut, one of another size, one that leads out of the folder."""
    root = fill(tmp_path / "pets", count=12)
    (root / "cat/1.png").write_bytes((root / "cat/1.png").read_bytes()[:-40])
    Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(root / "cat/2.png")
    (tmp_path / "secret.png").write_bytes((root / "dog/1.png").read_bytes())
    (root / "dog/3.png").unlink()
    (root / "dog/3.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(DataError, match=r"3 of train cannot be read \(cat/1\.png.*cat/2\.png"):
        load({"source": str(root)})
    data = load({"source": str(root), "clean": True})
    assert data.cleaning["invalid"] == 3
    assert sum(map(len, (data.train, data.validation, data.test))) == 21


def test_an_archive_writes_nothing_anywhere(tmp_path: Path) -> None:
    """Names that climb out of it are read like any other, and end nowhere."""
    picture = io.BytesIO()
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(picture, "PNG")
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        for number in range(3):
            archive.writestr(f"../../../{tmp_path.name}-out/a/{number}.png", picture.getvalue())
            archive.writestr(f"/b/{number}.png", picture.getvalue())
    before = sorted(tmp_path.parent.rglob("*.png"))
    assert read_image_folder(tmp_path / "evil.zip").class_names == ("a", "b")
    assert sorted(tmp_path.parent.rglob("*.png")) == before


@pytest.mark.parametrize("name", ["empty", "broken.zip", "broken.tar"])
def test_what_is_no_folder_of_pictures_says_how_one_looks(tmp_path: Path, name: str) -> None:
    """One line with the place."""
    path = tmp_path / name
    path.mkdir() if name == "empty" else path.write_bytes(b"PK\x05\x06 no")
    with pytest.raises(DataError, match=f"{name}: (no pictures|cannot be read)"):
        read_image_folder(path)
