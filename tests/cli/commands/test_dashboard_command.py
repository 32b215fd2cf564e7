"""`dashboard`: a port that cannot be had."""

from __future__ import annotations

import socket

import optuna
import pytest
from command_line import complaint


def test_port_in_use(
    capsys: pytest.CaptureFixture[str], storage_url: str, made_study: optuna.Study
) -> None:
    """A port that is taken is named, with what to do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        line = complaint(capsys, "dashboard", "--port", port, "--storage", storage_url)
    assert f"--port {port}" in line
    assert "give another one" in line
