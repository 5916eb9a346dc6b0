"""What the process log says of a request: never the token of a one-time link."""

import json
import logging
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils.module_loading import import_string

from identity.settings.log import TOKEN_PATHS
from tests.integration.whole_site.addresses import addresses_with

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

TOKEN = "Zk3-qT9_bW" * 4


def written(records: list[logging.LogRecord]) -> list[dict[str, Any]]:
    """The lines as they come out of the handler."""
    made = dict(settings.LOGGING["formatters"]["json"])
    factory: Any = made.pop("()")
    formatter = (import_string(factory) if isinstance(factory, str) else factory)(**made)
    return [json.loads(formatter.format(record)) for record in records]


def test_every_one_time_link_is_known() -> None:
    found = {address.removesuffix(TOKEN) for address in addresses_with(TOKEN)}
    assert found == set(TOKEN_PATHS)


@pytest.mark.parametrize("address", [path + TOKEN for path in sorted(TOKEN_PATHS)])
def test_refusals_name_the_path_without_its_token(address: str, caplog: pytest.LogCaptureFixture) -> None:
    Client().post(address)
    Client(enforce_csrf_checks=True).post(address)
    Client().get(f"{address}/more")
    logging.getLogger("apps").warning('asked for "%s" twice', address)
    found = [line["event"] for line in written(caplog.records)]
    path = address.replace(TOKEN, "-")
    assert f"Method Not Allowed (POST): {path}" in found
    assert f"Forbidden (CSRF cookie not set.): {path}" in found
    assert f"Not Found: {path}" in found
    assert f'asked for "{path}" twice' in found


def test_tracebacks_name_no_token_either(caplog: pytest.LogCaptureFixture) -> None:
    broken = ValueError(f"{TOKEN_PATHS[0]}{TOKEN} is not what was expected")
    logging.getLogger("apps").error("broken", exc_info=broken)
    (line,) = written(caplog.records)
    assert f"ValueError: {TOKEN_PATHS[0]}- is not what was expected" in line["exception"]
    assert TOKEN not in json.dumps(line)
