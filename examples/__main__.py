"""What `make run` executes: Gatehouse, a relying party and a resource server, with demonstration data."""

import sys

from examples.launcher.run import main

if __name__ == "__main__":
    sys.exit(main())
