"""Fetching in a process of its own: most protocols of fsspec begin a thread, and a process that
has one cannot fork trials any more.

    python -m paretune.data.fetch_process       one JSON object in, {"url", "sha256"}; one out

The URL comes by standard input, since arguments are seen by every user of the machine.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from paretune.data.file_cache import FileCache
from paretune.data.public_url import public_url
from paretune.errors import DataError, SearchError

_IN_PROCESS = ("http", "https", "memory")  # no thread; or nobody else has its content


@contextmanager
def fetched(url: str, sha256: str | None = None, cache: FileCache | None = None) -> Iterator[Path]:
    """A whole local copy of the file, held inside the block. Raises DataError."""
    cache = cache or FileCache.default()
    if urlsplit(url).scheme not in _IN_PROCESS:
        sha256 = _fetch_elsewhere(url, sha256, cache)
    with cache.file(url, sha256) as path:
        yield path


def _fetch_elsewhere(url: str, sha256: str | None, cache: FileCache) -> str:
    """Fill the cache from another process; returns the digest of what is there."""
    order = {"url": url, "sha256": sha256, "folder": str(cache.folder), "limit": cache.limit_bytes}
    done = subprocess.run(
        [sys.executable, "-m", "paretune.data.fetch_process"],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise DataError(f"{public_url(url)}: fetching ended with code {done.returncode}") from None
    if "error" in answer:
        raise DataError(answer["error"])
    return str(answer["sha256"])


def main() -> None:
    """Fetch what standard input names; tell its digest, or what went wrong."""
    order = json.load(sys.stdin)
    cache = FileCache(Path(order["folder"]), order["limit"])
    try:
        with cache.file(order["url"], order["sha256"]) as path:
            answer = {"sha256": cache.record_of(path).sha256}
    except SearchError as error:
        answer = {"error": public_url(str(error))}
    print(json.dumps(answer))  # noqa: T201 (a program of its own)


if __name__ == "__main__":
    main()
