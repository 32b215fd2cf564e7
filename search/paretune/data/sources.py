"""Which reader a source has: by its name, else by what lies at its path or URL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from paretune.data import arrow_reader, csv_reader, tfrecord_reader
from paretune.data.bundled_digits import read_digits
from paretune.data.data_options import DataOptions
from paretune.data.fetch_process import fetched
from paretune.data.image_folder import is_image_archive, read_image_folder
from paretune.data.keras_sets import read_fashion_mnist, read_known_cifar10, read_mnist
from paretune.data.npz_reader import read_npz
from paretune.data.part_files import has_suffix
from paretune.data.public_url import is_url, public_url
from paretune.data.raw_data import RawData
from paretune.errors import DataError

_NAMED: dict[str, Callable[[], RawData]] = {
    "digits": read_digits,
    "mnist": read_mnist,
    "fashion_mnist": read_fashion_mnist,
    "cifar10": read_known_cifar10,
}
_BY_SUFFIX: tuple[tuple[tuple[str, ...], Callable[[Path, DataOptions], RawData]], ...] = (
    (csv_reader.SUFFIXES, csv_reader.read_csv),
    (arrow_reader.PARQUET, arrow_reader.read_parquet),
    (tfrecord_reader.SUFFIXES, tfrecord_reader.read_tfrecord),
)


def read_source(options: DataOptions) -> RawData:
    """The data of `options.source`: a name, a path or a URL. Raises DataError."""
    source = options.source
    if source in _NAMED:
        return _NAMED[source]()
    if is_url(source) and urlsplit(source).scheme != "file":
        with fetched(source, options.sha256) as path:
            try:
                return replace(_read(path, options), place=public_url(source))
            except DataError as error:
                raise DataError(str(error).replace(str(path), public_url(source))) from None
    path = Path(unquote(urlsplit(source).path) if is_url(source) else source).expanduser()
    if not path.exists():
        known = ", ".join(_NAMED)
        raise DataError(
            f"source = {source!r}: no such file, and no bundled data set ({known}); "
            "give the path of a .npz file with x_train, y_train, x_test, y_test, or of another "
            "kind of file or folder that can be read"
        )
    return _read(path, options)


def _read(path: Path, options: DataOptions) -> RawData:
    if path.is_dir():
        if arrow_reader.is_saved_dataset(path):
            return arrow_reader.read_saved_dataset(path, options)
        files = [file for file in path.rglob("*") if file.is_file()]
        for suffixes, read in _BY_SUFFIX:
            if any(has_suffix(file, suffixes) for file in files):
                return read(path, options)
        return read_image_folder(path)
    for suffixes, read in _BY_SUFFIX:
        if has_suffix(path, suffixes):
            return read(path, options)
    return read_image_folder(path) if is_image_archive(path) else read_npz(path)
