"""Does something as another account of this machine, which only root can try."""

import os
import traceback

import pytest

NOBODY = 65534


def as_nobody(action):
    """Call `action` in a forked process that has become another user; returns what it says.

    What it imports must be imported before: the interpreter may lie in root's own folder.
    """
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            said = str(action())
        except BaseException:
            said = traceback.format_exc()
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


def let_in(folder):
    """Let every account look into a test's folder, which pytest makes for one only."""
    for place in (folder, *folder.parents):
        if place.owner() == "root" and place.stat().st_mode & 0o077 == 0:
            place.chmod(0o755)
