"""The user's TOML files: found by path or bundled name, read with a line for every obstacle."""

from __future__ import annotations

from pathlib import Path

import pytest
from paretune.errors import SpaceError, SpecError
from paretune.inputs.toml_files import bundled_names, find, read_toml


def test_path_wins_over_a_bundled_name(tmp_path: Path) -> None:
    """A file called like a bundled study is the one that is meant."""
    assert find("studies", "digits", tmp_path).suffix == ".toml"
    (tmp_path / "digits").write_text("", encoding="utf-8")
    assert find("studies", "digits", tmp_path) == tmp_path / "digits"
    assert "digits" in bundled_names("studies")


def test_what_is_nowhere(tmp_path: Path) -> None:
    """The path, the bundled names and a near one are told, by the kind's own error."""
    with pytest.raises(SpecError, match="did you mean digits"):
        find("studies", "digit", tmp_path)
    with pytest.raises(SpaceError, match="bundled spaces: cnn"):
        find("spaces", "../cnn", tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"x = [", "not valid TOML"),
        (b"x = '\xff'", "save it as UTF-8"),
        (b"x = " + b"9" * 5000, "thousands of digits"),
        (b"x = " + b"[" * 5000, "too deep"),
    ],
)
def test_content_that_cannot_be_read(tmp_path: Path, content: bytes, reason: str) -> None:
    """One line with the file and the reason, whatever the reader raises."""
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(SpecError, match=reason) as caught:
        read_toml(path, "studies")
    assert len(str(caught.value).splitlines()) == 1


def test_file_that_is_a_folder(tmp_path: Path) -> None:
    """The system's reason is told."""
    with pytest.raises(SpaceError, match="cannot be read"):
        read_toml(tmp_path, "spaces")
