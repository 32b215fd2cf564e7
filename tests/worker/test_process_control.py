"""What the kernel is asked to do with processes when their parents die."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from paretune.worker import process_control

ORPHAN = """
import os, subprocess, sys
from paretune.worker.process_control import adopt_orphans
adopt_orphans()
child = subprocess.Popen(
    [sys.executable, "-c", "import subprocess; print(subprocess.Popen(['sleep', '60']).pid)"],
    stdout=subprocess.PIPE, text=True,
)
line = child.stdout.readline()
child.wait()
orphan = int(line)
with open(f"/proc/{orphan}/stat") as stat:
    parent = int(stat.read().rpartition(")")[2].split()[1])
os.kill(orphan, 9)
os.waitpid(orphan, 0)
print(parent == os.getpid())
"""
PARENT = """
import os, signal, sys
from paretune.worker.process_control import die_with_parent
parent = os.getpid()
child = os.fork()
if child == 0:
    die_with_parent(parent)
    os.write(1, b"%d\\n" % os.getpid())
    signal.pause()
sys.stdin.read()
"""


def test_grandchildren_come_to_who_adopts_them() -> None:
    """A grandchild whose parent has ended is ours to wait for, and to end."""
    result = subprocess.run(
        [sys.executable, "-c", ORPHAN], capture_output=True, text=True, check=False
    )
    assert result.stdout == "True\n", result.stderr


def test_a_child_dies_with_its_parent() -> None:
    """Killed or not asked, the kernel ends it: its end of the pipe closes."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
        assert parent.stdout.read() == ""  # returns when nobody holds the pipe any more
    assert parent.returncode == -signal.SIGKILL
    assert child != parent.pid


def test_a_parent_that_died_before_the_call_is_noticed() -> None:
    """The kernel would tell nothing of a death that has been: the process ends itself."""
    code = "from paretune.worker.process_control import die_with_parent; die_with_parent(-1)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert result.returncode == 1
    assert result.stderr == b""


def test_what_the_kernel_refuses_is_an_error() -> None:
    """An unknown control is told, not passed over."""
    with pytest.raises(OSError, match=r"prctl\(-1\)"):
        process_control._prctl(-1, 0)
