"""Opens the database that a storage's address names as a storage of Optuna's."""

from __future__ import annotations

from typing import Any

from optuna.storages import BaseStorage

from paretune.study.storage.database_access import opened
from paretune.study.storage.quick_storage import QuickStorage
from paretune.study.storage.storage_address import StorageAddress


def open_storage(url: str | None = None, *, create: bool = True) -> BaseStorage:
    """Open an Optuna storage: the user's own database if no URL is given.

    `create` as for `opened`. Raises StorageError, one line, whatever is wrong.
    """
    return open_address(StorageAddress.of(url), create=create)


def open_address(address: StorageAddress, *, create: bool = True) -> BaseStorage:
    """As `open_storage`, of an address that has been parsed."""
    return opened(address, _database, create=create)


def _database(url: str, options: dict[str, Any]) -> BaseStorage:
    braced = url.replace("{", "{{").replace("}", "}}")  # Optuna fills in its schema's version
    return QuickStorage(braced, engine_kwargs=options)
