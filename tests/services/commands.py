"""Management commands against one server's state, many a test and none of them worth a start of Python."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Timer

from tests.services.environment import PROJECT_DIR
from tests.services.process import ServiceError, die_with_parent

TIMEOUT = 300


class Commands:
    """Starts with the first command. Spec: tests/services/command_loop.py."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env
        self.process: subprocess.Popen[str] | None = None

    def run(self, *arguments: str, input: str = "") -> subprocess.CompletedProcess[str]:
        """Raises: ServiceError when the process that runs them is gone."""
        process = self.process = self.process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        with tempfile.TemporaryDirectory() as directory:
            streams = [Path(directory) / name for name in ("in", "out", "err")]
            for stream in streams:
                stream.touch()
            streams[0].write_text(input, encoding="utf-8")
            asked = {"arguments": arguments, "streams": [str(stream) for stream in streams]}
            timer = Timer(TIMEOUT, process.kill)
            timer.start()
            try:
                process.stdin.write(f"{json.dumps(asked)}\n")
                process.stdin.flush()
                code = process.stdout.readline()
            finally:
                timer.cancel()
            if not code:
                raise ServiceError(
                    f"manage.py {' '.join(arguments)} took the process along that runs commands"
                )
            out, err = (stream.read_text(encoding="utf-8") for stream in streams[1:])
        return subprocess.CompletedProcess(arguments, int(code), out, err)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.services.command_loop"],
            cwd=PROJECT_DIR,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
