"""Serves Acme Payroll: `python -m examples.relying_party`."""

import sys

from examples.environment import ConfigurationError
from examples.relying_party.app import create_app
from examples.relying_party.conf import load
from examples.serving import serve


def main() -> int:
    try:
        settings = load()
        serve(create_app(settings), bind=settings.bind, port=settings.port)
    except (ConfigurationError, OSError) as error:
        print(f"Acme Payroll cannot start: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
