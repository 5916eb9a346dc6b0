"""Work on a database, each piece in a process of its own: its memory is its own, and its environment says which.

    python -m benchmarks.in_gatehouse MODULE FUNCTION [ARGUMENT…]

sets Django up, says `ready`, waits for a line, calls the function with the arguments (texts) and prints what it
returns as JSON.
"""

import json
import os
import subprocess
import sys
import tempfile
from importlib import import_module
from typing import IO, Any

import django

from tests.services.environment import PROJECT_DIR

READY = "ready"


class Piece:
    """A process that is ready to work and waits for the word."""

    def __init__(self, module: str, function: str, *arguments: str, env: dict[str, str]) -> None:
        self.name = f"{module}.{function}"
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.in_gatehouse", module, function, *arguments],
            cwd=PROJECT_DIR,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        if self._line() != READY:
            self._fail()

    def go(self) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        self._process.stdin.write("go\n")
        self._process.stdin.close()

    def result(self) -> dict[str, Any]:
        line = self._line()
        if self._process.wait() != 0:
            self._fail()
        found: dict[str, Any] = json.loads(line)
        return found

    def _line(self) -> str:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        return self._process.stdout.readline().strip()

    def _fail(self) -> None:
        code = self._process.wait()
        self._errors.seek(0)
        text = self._errors.read().decode(errors="replace")[-4000:]
        raise SystemExit(f"{self.name} ended with {code}:\n{text}")


def work(module: str, function: str, *arguments: str, env: dict[str, str]) -> dict[str, Any]:
    piece = Piece(module, function, *arguments, env=env)
    piece.go()
    return piece.result()


def work_together(pieces: list[Piece]) -> list[dict[str, Any]]:
    """All start at the same moment."""
    for piece in pieces:
        piece.go()
    return [piece.result() for piece in pieces]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "identity.settings")
    django.setup()
    module, function, *arguments = sys.argv[1:]
    run = getattr(import_module(module), function)
    print(READY, flush=True)
    sys.stdin.readline()
    print(json.dumps(run(*arguments)), flush=True)


if __name__ == "__main__":
    main()
