"""The processes of one driver, known by marks that all of them inherit in their environment.

A process group is no such mark: once its leader has been waited for, its number may be anybody's.
"""

from __future__ import annotations

import psutil

OWNER_VARIABLE = "PARETUNE_OWNER"  # the driver, which may have several warm parents
PARENT_VARIABLE = "PARETUNE_WARM_PARENT"  # one of them, and its trials


def end_owned_processes(variable: str, mark: str) -> int:
    """Kill every process that carries this mark; returns how many there were."""
    count = 0
    for process in psutil.process_iter():
        try:
            if process.environ().get(variable) == mark:
                process.kill()  # psutil checks that it is the same process still
                count += 1
        except (psutil.Error, OSError):
            continue  # another user's, or gone
    return count
