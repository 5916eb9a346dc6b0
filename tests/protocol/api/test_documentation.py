"""The examples of docs/developers/api.md are run against a server, in their order and as they stand there."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.services.environment import PROJECT_DIR
from tests.services.gatehouse import Gatehouse

pytestmark = [pytest.mark.e2e, pytest.mark.any_database]
PAGE = PROJECT_DIR / "docs" / "developers" / "api.md"
EXAMPLE = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Answers that refuse end the script, which the examples leave to whoever reads them.
STRICT = 'set -euo pipefail\ncurl() { command curl --fail-with-body "$@"; }\n'
SCOPES = "gatehouse:users.read gatehouse:users.write gatehouse:groups.read gatehouse:groups.write"
WITHOUT_CREDENTIALS = {"PATH": "/usr/local/bin:/usr/bin:/bin"}


@pytest.fixture(scope="module")
def caller(gatehouse: Gatehouse) -> dict[str, str]:
    """What the examples take from their environment; and Nora, of whom they tell."""
    gatehouse.manage(
        *("users", "create", "--username", "nora", "--department", "Sales", "--email", "nora@example.org")
    )
    made = gatehouse.manage(
        *("clients", "create", "--name", "Examples", "--kind", "service", "--scope", SCOPES, "--json")
    )
    client: dict[str, Any] = json.loads(made.stdout)
    return {
        **WITHOUT_CREDENTIALS,
        "BASE": gatehouse.base_url,
        "CLIENT_ID": client["client_id"],
        "CLIENT_SECRET": client["client_secret"],
    }


def test_examples_do_what_they_say(caller: dict[str, str], tmp_path: Path) -> None:
    examples = EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))
    done = subprocess.run(
        ["bash", "-c", STRICT + "echo\n".join(examples)],
        env=caller,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    _token, people, changed, group, suspended = map(_as_json, done.stdout.split("\n"))
    assert [one["username"] for one in people["items"]] == ["nora"]
    assert (changed["username"], changed["department"]) == ("nora", "Marketing")
    assert group["name"] == "Night shift"
    assert (suspended["username"], suspended["status"]) == ("nora", "suspended")


def _as_json(line: str) -> Any:
    return json.loads(line) if line else None
