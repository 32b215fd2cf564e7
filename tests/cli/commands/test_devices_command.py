"""`devices`: what a trial can lease here."""

from __future__ import annotations

import pytest
from command_line import said

pytestmark = pytest.mark.usefixtures("made_study")


def test_devices_says_what_a_device_is(capsys: pytest.CaptureFixture[str]) -> None:
    """The devices by position, what gpu_seconds are here, and what each framework sees."""
    text = said(capsys, "devices")
    assert text.startswith("0  ")
    assert "gpu_seconds are" in text
    assert "TensorFlow: 2" in text
    assert "PyTorch: " in text
