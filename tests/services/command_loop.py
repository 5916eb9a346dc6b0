"""Management commands as new processes, without reading all of the code for each: a fork of this process for each.

Run by tests/services/commands.py. A line on standard input is a command, the line that answers it its exit code.
"""

import json
import os
import sys
import traceback

import django

from manage import main as manage


def _run(arguments: list[str], streams: list[str]) -> None:
    modes = (os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT)
    for number, (path, mode) in enumerate(zip(streams, modes, strict=True)):
        os.dup2(os.open(path, mode, 0o600), number)
    # Python's own streams: what they hold of this process's is nobody's.
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115 - until the process ends
    sys.argv = ["manage.py", *arguments]
    code = 1
    try:
        manage()
        code = 0
    except SystemExit as ended:
        if isinstance(ended.code, str):
            sys.stderr.write(f"{ended.code}\n")
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - as Python itself ends
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "identity.settings")
    django.setup()
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if not child:
            _run(asked["arguments"], asked["streams"])
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
