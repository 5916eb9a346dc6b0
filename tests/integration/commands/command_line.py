"""Management commands as a shell sees them: arguments and standard input in; output and exit code back."""

import io
import sys
from dataclasses import dataclass

import pytest
from django.core.management import execute_from_command_line


@dataclass(frozen=True)
class Done:
    exit_code: int
    out: str
    err: str

    @property
    def reason(self) -> str:
        """The one line that says why not."""
        [line] = self.err.strip().splitlines()
        return line


class CommandLine:
    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, *arguments: str, typed: str = "") -> Done:
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        self._capsys.readouterr()
        exit_code = 0
        try:
            execute_from_command_line(["manage.py", *arguments])
        except SystemExit as end:
            exit_code = int(end.code or 0)
        written = self._capsys.readouterr()
        return Done(exit_code, written.out, written.err)
