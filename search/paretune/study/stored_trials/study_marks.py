"""The user attributes of a stored study; those of its trials are in `records`.

What only lists studies needs no more than these names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paretune.errors import StudyError

SPEC = "paretune:spec"
ID = "paretune:id"  # a random name, also in each trial's assignment.json
FOLDER = "paretune:folder"  # of its files, relative to the storage's
DEVICE_KIND = "paretune:device_kind"
VERSIONS = "paretune:versions"
FORMAT = "paretune:format"
FORMAT_NUMBER = 2  # raised when what is stored of trials is read differently
CODE = "paretune:code"  # versions of the trainable's "code" and "data", once they are known
# By driver: when each was at work (paretune.study.drivers.sessions).
SESSION = "paretune:session:"


def is_readable(attributes: Mapping[str, Any]) -> bool:
    """Are the trials of a study of ours in the format of this version?"""
    return bool(attributes.get(FORMAT, 1) == FORMAT_NUMBER)


def check_format(name: str, attributes: Mapping[str, Any]) -> None:
    """Raises StudyError where `is_readable` is false."""
    if not is_readable(attributes):
        stored = attributes.get(FORMAT, 1)
        program = dict(attributes.get(VERSIONS, {})).get("paretune", "another version")
        raise StudyError(
            f"study {name!r} was stored by another Paretune ({program}, format {stored}; this one "
            f"reads format {FORMAT_NUMBER}): read it with that version, or begin a new study"
        )
