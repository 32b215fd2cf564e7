"""The user attributes of a stored study; those of its trials are in `records`.

What only lists studies needs no more than these names.
"""

from __future__ import annotations

SPEC = "paretune:spec"
ID = "paretune:id"  # a random name, also in each trial's assignment.json
FOLDER = "paretune:folder"  # of its files, relative to the storage's
DEVICE_KIND = "paretune:device_kind"
VERSIONS = "paretune:versions"
CODE = "paretune:code"  # versions of the trainable's "code" and "data", once they are known
# By driver: when each was at work (paretune.study.drivers.sessions).
SESSION = "paretune:session:"
