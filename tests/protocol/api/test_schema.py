"""The API does what its OpenAPI document says, and nothing else, whatever is sent to it."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from apps.core.api.schema import openapi_document
from identity.wsgi import application
from tests.factories.api import Caller, make_administrator, make_superuser, person_calling
from tests.factories.keys import make_signing_keys
from tests.factories.people import make_user
from tests.protocol.api.existing import existing_ids
from tests.services.soak import IS_SOAK, times

# What is sent at random looks for views that stumble; the long runs do it on either database.
pytestmark = [pytest.mark.django_db, pytest.mark.soak, *([] if IS_SOAK else [pytest.mark.any_database])]
schema = schemathesis.openapi.from_dict(openapi_document())
schema.app = application
# Malformed and too large at once is refused as either.
schema.config.checks.negative_data_rejection.expected_statuses = [
    *schema.config.checks.negative_data_rejection.expected_statuses,
    "413",
]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]
# What answers may be to somebody who may do nothing, beside that what was sent is malformed.
CLOSED = {400, 401, 403, 404, 405, 406, 413, 415, 428}


@pytest.fixture(autouse=True)
def _connection_outlives_each_request() -> Iterator[None]:
    """As with Django's own test client: the test's transaction is the connection's."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def ids() -> dict[str, str]:
    make_signing_keys()
    return existing_ids()


@pytest.fixture
def administrator(ids: dict[str, str]) -> Caller:
    return person_calling(make_superuser())


@pytest.fixture
def reader(ids: dict[str, str]) -> Caller:
    rights = {
        operation["x-right"]
        for path in openapi_document()["paths"].values()
        for method, operation in path.items()
        if method == "get" and "x-right" in operation
    }
    return person_calling(make_administrator(*sorted(rights)))


@pytest.fixture
def nobody(ids: dict[str, str]) -> Caller:
    return person_calling(make_user(), "gatehouse:users.read")


every_check = list(HealthCheck)
few = settings(
    max_examples=times(2, soak=150), deadline=None, suppress_health_check=every_check, database=None
)
fewer = settings(
    max_examples=times(1, soak=50), deadline=None, suppress_health_check=every_check, database=None
)


def _ask(case: Any, caller: Caller, ids: dict[str, str], turn: int) -> Any:
    """Two of three times about something that is there, and with an If-Match that holds."""
    if turn % 3:
        case.path_parameters = {
            **(case.path_parameters or {}),
            **{name: ids[name] for name in (case.path_parameters or {}) if name in ids},
        }
        if "If-Match" in (case.headers or {}):
            case.headers["If-Match"] = "*"
    return case.call(headers=caller.headers())


turns = itertools.count()


@schema.parametrize()
@few
def test_administrator(case: Any, administrator: Caller, ids: dict[str, str]) -> None:
    answer = _ask(case, administrator, ids, next(turns))
    case.validate_response(answer, checks=CHECKS, headers=administrator.headers())


@schema.parametrize()
@fewer
def test_reader_changes_nothing(case: Any, reader: Caller, ids: dict[str, str]) -> None:
    answer = _ask(case, reader, ids, next(turns))
    case.validate_response(answer, checks=CHECKS, headers=reader.headers())
    if case.method not in {"GET", "HEAD"}:
        assert answer.status_code in CLOSED, answer.text


@schema.parametrize()
@fewer
def test_nobody_reads_nothing(case: Any, nobody: Caller, ids: dict[str, str]) -> None:
    answer = _ask(case, nobody, ids, next(turns))
    case.validate_response(answer, checks=CHECKS, headers=nobody.headers())
    assert answer.status_code in CLOSED or case.operation.path == "/api/v1/me", answer.text
