"""Every list: the same number of statements however long it is, nothing secret in it, nothing for strangers."""

from dataclasses import fields
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit.services.sealing import seal_pending
from apps.core.api.schema import openapi_document
from benchmarks.api_lists import ApiNames, api_lists
from tests.factories.api import client_calling, make_superuser, person_calling
from tests.factories.keys import make_signing_keys
from tests.factories.people import make_user
from tests.integration.api.test_authentication import refused
from tests.protocol.api.existing import existing_ids

pytestmark = pytest.mark.django_db
# The token with all that its validity hangs on, the rows, and what single lists need beside.
STATEMENTS = {
    "/api/v1/users": 3,
    "/api/v1/roles": 3,
    "/api/v1/groups/{group_id}/members": 3,
    "/api/v1/groups/{group_id}/groups": 3,
    "/api/v1/groups/{group_id}/around": 3,
    "/api/v1/events/sealed": 3,
}
SECRETS = ("password", "secret", "token", "payload", "private", "hash", "salt")


def lists() -> list[str]:
    paths = openapi_document()["paths"]
    return [path for path, methods in paths.items() if _is_list(methods.get("get"))]


def _is_list(operation: Any) -> bool:
    if operation is None:
        return False
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    return "items" in schema.get("properties", {})


@pytest.mark.parametrize("path", lists())
def test_list_costs_the_same_however_long_it_is(path: str) -> None:
    make_signing_keys()
    ids = [existing_ids() for _number in range(4)]
    caller = person_calling(make_superuser())
    seal_pending(now=timezone.now())
    address = path.format(**ids[0]).removeprefix("/api/v1/")
    counts, sql = [], ""
    for limit in (1, 200):
        with CaptureQueriesContext(
            connection,
        ) as statements:
            answer = caller.get(f"{address}?limit={limit}")
        assert answer.status_code == 200, answer.content
        counts.append(len(statements))
        sql = str(statements.captured_queries)
    assert counts == [STATEMENTS.get(path, 2)] * 2, sql


@pytest.mark.parametrize("path", lists())
def test_list_says_nothing_secret(path: str) -> None:
    make_signing_keys()
    ids = existing_ids()
    answer = person_calling(make_superuser()).get(path.format(**ids).removeprefix("/api/v1/"))
    for one in answer.json()["items"]:
        names = {name for name in one if any(secret in name for secret in SECRETS)}
        assert names <= {"password_changed_at", "password_expires_at", "secret_changed_at"}


@pytest.mark.parametrize("path", lists())
def test_list_is_closed_to_those_without_its_right(path: str) -> None:
    make_signing_keys()
    address = path.format(**existing_ids()).removeprefix("/api/v1/")
    refused(person_calling(make_user()).get(address), 403, "right_missing")
    scope = next(iter(openapi_document()["paths"][path]["get"]["security"][0].values()))[0]
    assert client_calling(scope).get(address).status_code == 200


@pytest.mark.any_database
def test_every_filter_is_measured_in_a_large_installation() -> None:
    names = ApiNames(**{field.name: "x" for field in fields(ApiNames)})
    asked = map(_asked, api_lists(names).values())
    measured = {(path, name) for path, parameters in asked for name in ["", *parameters]}
    paths = openapi_document()["paths"]
    filters = {
        (path.format(group_id="x"), name)
        for path in lists()
        for name in ["", *(one["name"] for one in paths[path]["get"]["parameters"] if one["in"] == "query")]
        if name not in {"cursor", "limit"}
    }
    assert filters <= measured


def _asked(address: str) -> tuple[str, list[str]]:
    parts = urlsplit(address)
    return parts.path, list(parse_qs(parts.query))
