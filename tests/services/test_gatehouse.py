"""Self-test of the server that protocol and browser tests talk to."""

import json
import os
import urllib.request

from tests.services.gatehouse import Gatehouse


def test_server_is_its_own_issuer(gatehouse: Gatehouse) -> None:
    with urllib.request.urlopen(
        f"{gatehouse.base_url}/.well-known/openid-configuration", timeout=10
    ) as answer:
        assert json.load(answer)["issuer"] == gatehouse.base_url


def test_server_shares_nothing_with_the_tests_of_this_process(gatehouse: Gatehouse) -> None:
    assert gatehouse.env["DATA_DIR"] != os.environ["DATA_DIR"]
    assert gatehouse.env["SECRET_KEY"] != os.environ["SECRET_KEY"]
    assert gatehouse.env.get("DATABASE_URL", "") != os.environ.get("DATABASE_URL")


def test_commands_see_the_state_of_the_server(gatehouse: Gatehouse) -> None:
    assert gatehouse.manage("migrate", "--check").returncode == 0
    assert gatehouse.manage("no_such_command", check=False).returncode != 0
