"""A study whose code or data have changed goes on only if the user says so.

Figures of two versions of a network do not compare: on one front the better version wins, whatever
the configuration. The versions are hashes that the worker takes once it has loaded the trainable
(paretune.worker.code_version, and the data's fingerprint).
"""

from __future__ import annotations

from paretune.data.fingerprint import describe_change
from paretune.errors import StudyError
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.stored_trials import study_marks

ARGUMENT = "accept_changed_code"


def check_code(stored: StoredStudy, code: str, data: str, *, accepted: bool) -> list[str]:
    """Compare the versions with those that the study's trials ran with; returns what to tell.

    An empty version is not known, and compared with nothing. Raises StudyError where one has
    changed since a trial ended, unless that is `accepted`.
    """
    now = {"code": code, "data": data}
    before = stored.attributes().get(study_marks.CODE, {})
    changed = [n for n in now if now[n] and before.get(n) and now[n] != before[n]]
    ended = sum(record.status is not None for record in stored.records()) if changed else 0
    if changed and ended and not accepted:
        what = " and ".join(changed)
        data_too = f" ({describe_change(before['data'], data)})" if "data" in changed else ""
        raise StudyError(
            f"is needed: {what} changed after {ended} trials of study {stored.name!r}, whose "
            f"figures may not compare with new ones{data_too}; or give the new study another name",
            argument=ARGUMENT,
        )
    if before != now and any(now.values()):
        stored.set_attribute(study_marks.CODE, {n: now[n] or before.get(n, "") for n in now})
    if not ended:
        return []
    return [f"its {n} has changed: {ended} trials ran with another version" for n in changed]
