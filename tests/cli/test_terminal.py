"""Standard output of every kind: ASCII, closed, full, gone. And text that looks like markup."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from paretune.cli import main
from paretune.cli.terminal import Stream, console, safe_streams, say, tell
from rich.table import Table
from rich.text import Text

COMMANDS = (["--help"], ["run", "--help"], ["list"], ["--version"])


def shell(command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run `paretune COMMAND` by a shell, with its redirections."""
    return subprocess.run(
        f"{sys.executable} -m paretune {command}",
        shell=True,
        env={**os.environ, "XDG_DATA_HOME": str(folder), "COLUMNS": "80", **environment},
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", COMMANDS)
def test_terminal_that_knows_only_ascii(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What the encoding lacks is written as something alike; nothing raises."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "ascii", errors="strict"))
    assert main(arguments) == 0
    assert raw.getvalue()
    assert b"\\u" not in raw.getvalue()


def test_characters_without_a_likeness_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name in other letters is legible as an escape, and half a character can be written too."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "ascii"))
    with safe_streams():
        say("… → é \ud800")
    assert raw.getvalue() == b"~ > \\xe9 \\ud800\n"
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "utf-8"))
    with safe_streams():
        say("é \ud800")
    assert raw.getvalue() == "é \\ud800\n".encode()


def test_prose_is_broken_between_words_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A log keeps its lines whole; a terminal of 80 columns gets no word in two pieces."""
    text = "a sentence of many words, each of them whole, " * 4
    monkeypatch.setenv("COLUMNS", "80")
    tell(text)
    assert capsys.readouterr().out == f"{text}\n"
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes the stream for a terminal
    tell(text)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert " ".join(" ".join(lines).split()) == text.strip()


def test_streams_and_their_owners_are_given_back() -> None:
    """After a command the streams are those of before."""
    before = sys.stdout, sys.stderr
    assert main(["--version"]) == 0
    assert (sys.stdout, sys.stderr) == before


class Full(io.StringIO):
    """A disk without room."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_first_error_is_kept_and_nothing_raised() -> None:
    """A study does not end because nobody can read its lines."""
    stream = Stream(Full())
    assert stream.write("abc") == 3
    stream.flush()
    assert stream.problem is not None
    assert stream.problem.strerror == "No space left on device"


@pytest.mark.parametrize("command", ["list", "run --help"])
def test_full_standard_output(command: str, tmp_path: Path) -> None:
    """One line says so, exit code 1, no traceback."""
    done = shell(f"{command} > /dev/full", tmp_path)
    assert done.returncode == 1
    told = b"paretune: standard output cannot be written: No space left on device\n"
    assert done.stderr == told


def test_closed_standard_streams(tmp_path: Path) -> None:
    """Closed streams are nobody listening, and no file is opened under their numbers."""
    done = shell("list >&-", tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    done = shell("front nothing >&- 2>&- <&-", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, b"", b"")


def test_reader_that_has_gone(tmp_path: Path) -> None:
    """`| head` ends a command without a complaint."""
    done = shell("run --help | head -c 1 > /dev/null", tmp_path)
    assert done.stderr == b""


def test_text_that_looks_like_markup(capsys: pytest.CaptureFixture[str]) -> None:
    """Brackets and colons of names are printed as they are, in lines, heads and cells."""
    table = Table("f1[macro]")
    table.add_row("[/relu] :smile:")
    console().print(table)
    console().print(Text("[bold]"))
    console().print("[/]")
    out = capsys.readouterr().out
    for text in ("f1[macro]", "[/relu] :smile:", "[bold]", "[/]"):
        assert text in out


def test_arguments_that_are_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Bytes that are no characters and control sequences are refused, shown as escapes."""
    for argument in ("\udcff", "a\x1b[2J"):
        assert main(["front", argument]) == 2
        err = capsys.readouterr().err
        assert err.startswith("paretune: argument ")
        assert "\x1b" not in err
