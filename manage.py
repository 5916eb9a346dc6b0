#!/usr/bin/env python3
"""Gatehouse's command line."""

import os
import sys

from django.core.management import execute_from_command_line

from identity.env import EnvironmentRefused

# As a shell reports a program that was ended by SIGPIPE.
READER_GONE = 141


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "identity.settings")
    try:
        execute_from_command_line(sys.argv)
    except EnvironmentRefused as error:
        sys.exit(str(error))
    except BrokenPipeError:
        sys.exit(READER_GONE)
    finally:
        _flush()


def _flush() -> None:
    """Whoever read the output may have stopped: `manage.py users list | head` is no failure of ours."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left would be written, and fail, once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
