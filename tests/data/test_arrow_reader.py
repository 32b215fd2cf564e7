"""Parquet files, and Hugging Face data sets on disk."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paretune.data.arrow_reader import is_saved_dataset, read_parquet, read_saved_dataset
from paretune.data.data_options import DataOptions
from paretune.data.raw_data import TEST, TRAIN
from paretune.errors import DataError

pa: Any = pytest.importorskip("pyarrow")
pq: Any = pytest.importorskip("pyarrow.parquet")
PIXELS = np.random.default_rng(0).integers(0, 256, (30, 4, 5), dtype=np.uint8)


def pictures() -> Any:
    from PIL import Image

    contents = []
    for pixels in PIXELS:
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "PNG")
        contents.append({"bytes": out.getvalue(), "path": None})
    return pa.array(contents)


def test_columns_of_numbers_are_a_table(tmp_path: Path) -> None:
    """The group is no feature; a missing number is NaN."""
    table = pa.table(
        {"a": [1, None, 3], "b": [0.5, 1.5, 2.5], "who": ["x", "x", "y"], "label": ["u", "v", "u"]}
    )
    pq.write_table(table, tmp_path / "x.parquet")
    raw = read_parquet(tmp_path / "x.parquet", DataOptions("", group="who"))
    part = raw.parts[TRAIN]
    assert np.array_equal(part.rows, [[1, 0.5], [np.nan, 1.5], [3, 2.5]], equal_nan=True)
    assert (part.labels.tolist(), part.groups.tolist()) == ([0, 1, 0], [0, 0, 1])
    assert raw.class_names == ("u", "v")


@pytest.mark.parametrize("kind", ["pictures", "lists"])
def test_one_column_may_hold_whole_rows(tmp_path: Path, kind: str) -> None:
    """Pictures as hubs store them, in a folder with a test file; or nested lists of bytes."""
    column = (
        pictures()
        if kind == "pictures"
        else pa.array(PIXELS.tolist(), pa.list_(pa.list_(pa.uint8())))
    )
    table = pa.table({"image": column, "label": np.arange(30) % 3})
    for name, rows in (
        ("train-00000-of-00001", slice(0, 20)),
        ("test-00000-of-00001", slice(20, 30)),
    ):
        pq.write_table(
            table.slice(rows.start, rows.stop - rows.start), tmp_path / f"{name}.parquet"
        )
    raw = read_parquet(tmp_path, DataOptions(""))
    assert raw.parts[TRAIN].rows.dtype == np.uint8
    assert np.array_equal(raw.parts[TRAIN].rows.reshape(20, 4, 5), PIXELS[:20])
    assert raw.parts[TEST].labels.tolist() == (np.arange(20, 30) % 3).tolist()


def saved(folder: Path, table: Any, file: str = "data-00000-of-00001.arrow") -> None:
    folder.mkdir(parents=True)
    with (
        pa.OSFile(str(folder / Path(file).name), "wb") as out,
        pa.ipc.new_stream(out, table.schema) as stream,
    ):
        stream.write_table(table, max_chunksize=7)
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": file}]}))
    label = {"names": ["low", "mid", "high"], "_type": "ClassLabel"}
    about = {"features": {"image": {"_type": "Image"}, "label": label}, "license": "cc0-1.0"}
    (folder / "dataset_info.json").write_text(json.dumps(about))


def test_a_saved_data_set_brings_its_names_and_its_licence(tmp_path: Path) -> None:
    """A DatasetDict of train and test, without the package that wrote it."""
    table = pa.table({"image": pictures(), "label": np.arange(30) % 3})
    saved(tmp_path / "train", table.slice(0, 20))
    saved(tmp_path / "test", table.slice(20))
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    assert is_saved_dataset(tmp_path)
    raw = read_saved_dataset(tmp_path, DataOptions(""))
    assert (raw.class_names, raw.licence) == (("low", "mid", "high"), "cc0-1.0")
    assert np.array_equal(raw.parts[TRAIN].rows[..., 0], PIXELS[:20])
    assert np.array_equal(raw.parts[TEST].rows[..., 0], PIXELS[20:])


def test_a_file_outside_the_folder_is_not_opened(tmp_path: Path) -> None:
    """A state file may name any path."""
    saved(tmp_path / "set", pa.table({"a": [1], "label": [0]}), "../../secret.arrow")
    with pytest.raises(DataError, match="leads out of the folder"):
        read_saved_dataset(tmp_path / "set", DataOptions(""))


def test_damage_is_said(tmp_path: Path) -> None:
    """Half a file, a column of text, lists of different lengths, pictures that are none."""
    pq.write_table(pa.table({"a": [1, 2], "label": [0, 1]}), tmp_path / "x.parquet")
    content = (tmp_path / "x.parquet").read_bytes()
    (tmp_path / "x.parquet").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"x\.parquet: cannot be read"):
        read_parquet(tmp_path / "x.parquet", DataOptions(""))
    for column, words in (
        (["u", "v"], "no numbers and no pictures"),
        ([[1], [1, 2]], "differ in length"),
        ([b"no", b"picture"], r"no row that can be read .*x\.parquet, row 0"),
    ):
        pq.write_table(pa.table({"a": column, "label": [0, 1]}), tmp_path / "x.parquet")
        with pytest.raises(DataError, match=words):
            read_parquet(tmp_path / "x.parquet", DataOptions(""))
