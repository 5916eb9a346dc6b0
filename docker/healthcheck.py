"""Whether the web server of this container answers; with Python's standard library, since there is no curl here."""

import os
import sys
import urllib.request

# An address, not BASE_URL: the probe must not depend on names, proxies or certificates.
URL = f"http://127.0.0.1:{os.environ.get('PORT') or 8000}/healthz"


def main() -> int:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(URL, timeout=4) as answer:
            return 0 if answer.status == 200 else 1
    except OSError as error:
        print(f"{URL}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
