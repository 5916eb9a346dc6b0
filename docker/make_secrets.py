"""Makes the secrets that docker/compose.yaml hands to its services, once: what is there is never replaced.

    python3 docker/make_secrets.py [--directory docker/secrets]

Standard library only. tls_certificate and tls_key are yours to put beside them.
"""

import argparse
import base64
import os
import secrets
import sys
from pathlib import Path


def made_up() -> dict[str, str]:
    """Every secret by the name of its file. Addresses are those of the services in compose.yaml."""
    owner, serving, cache = (secrets.token_urlsafe(32) for _ in range(3))
    field_key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    return {
        "secret_key": secrets.token_urlsafe(64),
        "field_encryption_keys": f"k1:{field_key}",
        "metrics_token": secrets.token_urlsafe(32),
        "postgres_password": secrets.token_urlsafe(32),
        "owner_password": owner,
        "serving_password": serving,
        "owner_database_url": f"postgresql://gatehouse_owner:{owner}@db:5432/gatehouse",
        "database_url": f"postgresql://gatehouse:{serving}@db:5432/gatehouse",
        # Read only when EMAIL_URL_FILE names it: put your own in its place.
        "email_url": "smtp+tls://user:password@mail.example.com:587",
        "redis_conf": f"requirepass {cache}",
        "redis_url": f"redis://:{cache}@redis:6379/0",
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--directory", type=Path, default=Path(__file__).parent / "secrets")
    directory = parser.parse_args().directory
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = made_up()
    there = sorted(name for name in found if (directory / name).exists())
    if there:
        # They belong together: half of them new would fit nothing.
        print(f"{directory} holds {', '.join(there)} already; nothing was made.", file=sys.stderr)
        return 1
    for name, content in found.items():
        # Readable by the containers' users, whose ids the host does not know; the folder is closed to others.
        descriptor = os.open(directory / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{content}\n")
    print(
        f"Made {len(found)} secrets in {directory}. Keep a copy of field_encryption_keys apart from backups."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
