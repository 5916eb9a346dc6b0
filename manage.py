#!/usr/bin/env python3
"""Gatehouse's command line."""

import os
import sys

from django.core.management import execute_from_command_line

from identity.env import EnvironmentRefused


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "identity.settings")
    try:
        execute_from_command_line(sys.argv)
    except EnvironmentRefused as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
