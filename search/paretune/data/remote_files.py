"""Files behind a URL, opened at any offset.

http and https are read with the standard library: fsspec's own reader needs a thread, which no
process that forks may have, and takes a body that ends early for a whole one where the server
names no length. Every other protocol is fsspec's.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import importlib.util
import netrc
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit, urlunsplit

from paretune.data.public_url import public_url
from paretune.errors import DataError, MissingExtraError
from paretune.extras import install_command

_TIMEOUT_SECONDS = 60
_BLOCK_BYTES = 8 << 20
_TRY_AGAIN = (408, 425, 429, 500, 502, 503, 504)
_UNSATISFIABLE = 416  # what is here already is longer than the file
_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs"}


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end."""
        ...


class ConnectionLost(Exception):
    """The line was cut, or the server is busy: another try may succeed."""


@dataclass(frozen=True)
class RemoteBody:
    """A file from `start` on. `size`: of the whole file; None where the server does not say."""

    content: Readable
    start: int
    size: int | None
    mark: str  # of this version of the file; "": the server gives none
    ends_clearly: bool  # is a body that was cut an error by itself?


class RemoteFile(Protocol):
    """A file that can be opened again where the line was cut."""

    def open(self, start: int, mark: str) -> AbstractContextManager[RemoteBody]:
        """From `start`, if the file is still the version `mark`; else from 0.

        Raises ConnectionLost, or DataError for what another try cannot mend.
        """
        ...


def remote_file(url: str) -> RemoteFile:
    """The file behind a URL. Raises DataError, MissingExtraError for a protocol not to be had."""
    return HttpFile(url) if urlsplit(url).scheme in ("http", "https") else FsspecFile(url)


class HttpFile:
    """By http or https; a proxy is taken from the environment, a password from ~/.netrc."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        self._url = urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
        self._place = public_url(url)
        self._authorization = _authorization(url)

    @contextmanager
    def open(self, start: int, mark: str) -> Iterator[RemoteBody]:
        """See RemoteFile."""
        request = urllib.request.Request(self._url, headers={"User-Agent": "paretune"})  # noqa: S310
        if self._authorization is not None:  # never sent on to where a redirection leads
            request.add_unredirected_header("Authorization", self._authorization)
        if start and mark:
            request.add_header("Range", f"bytes={start}-")
            request.add_header("If-Range", mark)
        try:
            response = urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS)  # noqa: S310
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in _TRY_AGAIN or error.code == _UNSATISFIABLE:
                raise ConnectionLost(f"the server answers {error.code}") from None
            raise DataError(
                f"{self._place}: the server answers {error.code} {error.reason}"
            ) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ConnectionLost(str(error)) from None
        with response:
            yield self._body(response, start)

    def _body(self, response: Any, start: int) -> RemoteBody:
        headers = response.headers
        resumed = response.status == http.HTTPStatus.PARTIAL_CONTENT
        length = headers.get("Content-Length")
        begin = start if resumed else 0
        size = None if length is None else begin + int(length)
        mark = headers.get("ETag") or ""
        if not mark or mark.startswith("W/"):  # a weak one stands for files that differ in bytes
            mark = headers.get("Last-Modified") or ""
        chunked = headers.get("Transfer-Encoding", "").lower() == "chunked"
        return RemoteBody(_Patient(response), begin, size, mark, chunked)


class _Patient:
    """A response whose every trouble is a lost connection, once what has come is read."""

    def __init__(self, response: Any) -> None:
        self._response = response
        self._lost = ""

    def read(self, size: int, /) -> bytes:
        if self._lost:
            raise ConnectionLost(self._lost)
        try:
            return bytes(self._response.read(size))
        except http.client.IncompleteRead as error:
            self._lost = str(error)
            return self.read(size) if not error.partial else bytes(error.partial)
        except (OSError, http.client.HTTPException) as error:
            raise ConnectionLost(str(error) or type(error).__name__) from None


def _authorization(url: str) -> str | None:
    parts = urlsplit(url)
    user, password = parts.username, parts.password
    if user is None and parts.scheme == "https" and parts.hostname:
        with contextlib.suppress(OSError, netrc.NetrcParseError):
            found = netrc.netrc().authenticators(parts.hostname)
            user, password = (found[0], found[2]) if found else (None, None)
    if user is None:
        return None
    pair = f"{unquote(user)}:{unquote(password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


class FsspecFile:
    """By any protocol of fsspec that is installed."""

    def __init__(self, url: str) -> None:
        self._url, self._place = url, public_url(url)
        scheme = urlsplit(url).scheme
        needed = _PACKAGES.get(scheme)
        for module in ("fsspec", *([needed] if needed else [])):
            if importlib.util.find_spec(module) is None:
                raise MissingExtraError(
                    f"{self._place} needs {module}, which is not installed: "
                    + install_command(module)
                )

    @contextmanager
    def open(self, start: int, mark: str) -> Iterator[RemoteBody]:
        """See RemoteFile."""
        import fsspec

        try:
            system, path = fsspec.core.url_to_fs(self._url)
            about: Mapping[str, Any] = system.info(path)
        except FileNotFoundError:
            raise DataError(f"{self._place}: no such file") from None
        except PermissionError:
            raise DataError(f"{self._place}: may not be read with these credentials") from None
        except (ImportError, ValueError) as error:
            raise DataError(f"{self._place}: {public_url(str(error))}") from None
        except Exception as error:  # every protocol has its own
            raise ConnectionLost(f"{type(error).__name__}: {error}") from None
        if about.get("type") == "directory":
            raise DataError(f"{self._place}: a folder; give one file (.npz, .zip, .tar, ...)")
        now = _mark(about)
        begin = start if mark and now == mark else 0
        try:
            with system.open(
                path, "rb", block_size=_BLOCK_BYTES, cache_type="readahead"
            ) as content:
                content.seek(begin)
                yield RemoteBody(content, begin, about.get("size"), now, ends_clearly=False)
        except (DataError, ConnectionLost):
            raise
        except Exception as error:
            raise ConnectionLost(f"{type(error).__name__}: {error}") from None


def _mark(about: Mapping[str, Any]) -> str:
    names = ("ETag", "etag", "md5Hash", "generation", "mtime", "created", "LastModified", "size")
    return "|".join(f"{name}={about[name]}" for name in names if about.get(name) is not None)
