"""Serves the Acme Payroll API: `python -m examples.resource_server`."""

import sys

from examples.environment import ConfigurationError
from examples.resource_server.app import create_app
from examples.resource_server.conf import load
from examples.serving import serve


def main() -> int:
    try:
        settings = load()
        serve(create_app(settings), bind=settings.bind, port=settings.port)
    except (ConfigurationError, OSError) as error:
        print(f"Acme Payroll API cannot start: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
