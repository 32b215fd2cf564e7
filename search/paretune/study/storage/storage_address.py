"""A storage by its URL: how it is shown to people, which file it is, where its files lie.

A URL may hold a password. It is parsed once, here; everything that is printed is `shown` or
`options`, never `url`.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from paretune.errors import StorageError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

SQLITE = "sqlite:///"
EXAMPLES = f"{SQLITE}studies.db or postgresql://HOST/NAME"
FILES = ".files"  # beside a database NAME lies NAME.files
_HIDDEN = "***"
_SECRET_KEYS = re.compile("password|passwd|pwd|passphrase|secret|token", re.IGNORECASE)


@dataclass(frozen=True)
class StorageAddress:
    """An Optuna storage, as the user named it.

    Attributes:
        url: What SQLAlchemy opens, an SQLite file by its whole path. May hold a password.
        shown: The same for people, as they gave it, without what is secret.
        database: The file of an SQLite storage; None for a server.
        is_default: The user's own, which no command needs to name.
    """

    url: str = field(repr=False)
    shown: str
    database: Path | None
    is_default: bool = False

    @classmethod
    def of(cls, url: str | None) -> StorageAddress:
        """The storage at a URL; the user's own database for None.

        Raises StorageError for what is no URL of a database that outlives the process.
        """
        if url is None:
            database = user_folder() / "paretune.db"
            return cls(_of_file(database), f"{SQLITE}{database}", database, is_default=True)
        parsed, shown = _parse(url)
        if parsed.get_backend_name() != "sqlite":
            return cls(url, shown, None)
        database = _file_of(parsed, shown)
        return cls(_of_file(database, parsed), shown, database)

    @property
    def exists(self) -> bool:
        """False only for a database file that is not there (or cannot be seen)."""
        try:
            return self.database is None or self.database.exists()
        except OSError:
            return False

    @property
    def files_root(self) -> Path:
        """The folder of all its studies' files: beside an SQLite file, else among the user's data.

        It carries the database's whole name: `exp.v1` and `exp.v2` share nothing.
        """
        if self.database is not None:
            real = Path(os.path.realpath(self.database))  # a link's files lie with what it names
            return real.with_name(real.name + FILES)
        parsed, _ = _parse(self.url)
        # Whoever connects, and by which driver: the database is the same.
        place = (parsed.get_backend_name(), parsed.host, parsed.port, parsed.database)
        key = hashlib.sha256(repr((*place, parsed.query.get("host"))).encode()).hexdigest()[:12]
        return user_folder() / "files" / key

    def study_folder(self, study: str) -> Path:
        """The folder of a study's trials."""
        return self.files_root / study

    @property
    def stages_folder(self) -> Path:
        """The stage store that all its studies share. No study's name begins with a dot."""
        return self.files_root / ".stages"

    @property
    def options(self) -> tuple[str, ...]:
        """What a command needs to find it again; a secret is to be filled in."""
        return () if self.is_default else ("--storage", self.shown)

    def censored(self, text: str) -> str:
        """A library's message without this storage's secrets."""
        parsed, _ = _parse(self.url)
        secrets = [self.url, parsed.password, *_secrets(parsed).values()]
        for secret in map(str, filter(None, secrets)):
            if secret != self.shown and len(secret) > 2:
                text = text.replace(secret, _HIDDEN)
        return text


def user_folder() -> Path:
    """The system's place for this user's data. Raises StorageError where there is none."""
    import platformdirs

    try:
        return Path(platformdirs.user_data_dir("paretune", appauthor=False))
    except RuntimeError:  # no HOME, and the account has no entry
        raise StorageError(
            "this account has no home folder for its studies: set HOME or XDG_DATA_HOME, "
            f"or name a storage, such as {SQLITE}studies.db"
        ) from None


def _parse(url: str) -> tuple[URL, str]:
    """The URL's parts, and how it is shown."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        hint = f"; is it a file? write {SQLITE}{url}" if "://" not in url else ""
        raise StorageError(
            f"storage {_hide_user_part(url)}: this is no database's URL{hint or _such_as()}"
        ) from None
    if parsed.get_backend_name() == "sqlite":
        return parsed, url
    if url.count("@") > 1:  # where the password ends is anybody's guess
        raise StorageError(
            f"storage {_hide_user_part(url)}: write each @ of the user's name or password as %40"
        )
    if parsed.password is None and not _secrets(parsed):
        return parsed, url
    hidden = parsed.update_query_dict(dict.fromkeys(_secrets(parsed), _HIDDEN))
    return parsed, hidden.render_as_string(hide_password=True).replace("%2A%2A%2A", _HIDDEN)


def _secrets(parsed: URL) -> dict[str, str]:
    found = parsed.normalized_query.items()
    return {key: value for key, values in found if _SECRET_KEYS.search(key) for value in values}


def _hide_user_part(url: str) -> str:
    """Of a URL that cannot be parsed: all that may belong to a password is hidden."""
    scheme, slashes, rest = url.partition("://")
    user, at, place = rest.rpartition("@")
    if not (slashes and at):
        return url
    return f"{scheme}://{user.partition(':')[0]}:{_HIDDEN}@{place.partition('?')[0]}"


def _file_of(parsed: URL, shown: str) -> Path:
    name = parsed.database or ""
    if name == "" or ":memory:" in name or parsed.query.get("mode") == "memory":
        raise StorageError(
            f"storage {shown}: a study must outlive its process; name a file: {SQLITE}studies.db"
        )
    if "uri" in parsed.query or name.startswith("file:"):
        plain = name.removeprefix("file:")
        raise StorageError(
            f"storage {shown}: an SQLite file is named by its path, not as a URI of its own; "
            f"write {SQLITE}{plain}"
        )
    if "\0" in name:
        raise StorageError(f"storage {shown!r}: no file's name holds a NUL character")
    try:
        return Path(name).expanduser().absolute()
    except RuntimeError:
        raise StorageError(
            f"storage {shown}: there is no home folder that ~ could mean; write the whole path"
        ) from None
    except OSError:
        raise StorageError(
            f"storage {shown}: the current folder is gone; change to another, or write the whole "
            "path"
        ) from None


def _of_file(database: Path, parsed: URL | None = None) -> str:
    from sqlalchemy.engine import URL

    whole = URL.create("sqlite") if parsed is None else parsed
    return whole.set(database=str(database)).render_as_string(hide_password=False)


def _such_as() -> str:
    return f"; name a database, such as {EXAMPLES}"
