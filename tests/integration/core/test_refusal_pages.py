"""Whatever cannot be answered is refused on a page that says what to do, and names the request for whoever helps."""

import re
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.views.decorators.http import require_GET
from pytest_django import Settings

from apps.core.errors import DomainError, InvalidInput, NotAllowed, NotFound
from identity.urls import handler400, handler403, handler404, handler500
from identity.urls import urlpatterns as ours
from tests.factories.people import make_user, sign_in

pytestmark = pytest.mark.django_db

SECRET_DETAIL = "what only the log may know"


class Teapot(DomainError):
    code = "teapot"
    http_status = 418
    message = "This is a teapot."


def _raise(error: type[Exception]) -> Any:
    def view(request: HttpRequest) -> HttpResponse:
        raise error(SECRET_DETAIL)

    return view


FAULTY = {
    "broken": RuntimeError,
    "denied": PermissionDenied,
    "not-allowed": NotAllowed,
    "not-found": NotFound,
    "invalid": InvalidInput,
    "teapot": Teapot,
}
handler400, handler403, handler404, handler500 = handler400, handler403, handler404, handler500
urlpatterns = [
    *[path(f"faulty/{name}", _raise(error)) for name, error in FAULTY.items()],
    *[path(f"oauth/token/{name}", _raise(error)) for name, error in FAULTY.items()],
    *[path(f"api/v1/{name}", _raise(error)) for name, error in FAULTY.items()],
    path("faulty/read-only", require_GET(lambda request: HttpResponse("read"))),
    *ours,
]


@pytest.fixture(autouse=True)
def _faulty_pages(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False)


def _is_page(answer: Any, *, heading: str) -> bool:
    page = answer.content.decode()
    names_request = answer["X-Request-Id"] in page
    return names_request and heading in " ".join(page.split()) and page.count("<h1") == 1


@pytest.mark.parametrize(
    ("name", "status", "heading"),
    [
        ("broken", 500, "Something went wrong on our side"),
        ("denied", 403, "You cannot open this page"),
        ("not-allowed", 403, "You cannot open this page"),
        ("not-found", 404, "There is nothing here."),
        ("invalid", 400, "We could not read that request"),
        ("teapot", 418, "We could not read that request"),
        ("nowhere-at-all", 404, "This page does not exist"),
    ],
)
@pytest.mark.parametrize("is_signed_in", [False, True])
def test_refusal_is_a_page_that_names_its_request(
    browser: Client, name: str, status: int, heading: str, is_signed_in: bool
) -> None:
    if is_signed_in:
        sign_in(browser, make_user())
    answer = browser.get(f"/faulty/{name}")
    assert answer.status_code == status
    assert _is_page(answer, heading=heading)
    assert SECRET_DETAIL not in answer.content.decode()


def test_fault_of_ours_shows_no_trace_and_asks_no_database(
    browser: Client, caplog: pytest.LogCaptureFixture, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        answer = browser.get("/faulty/broken")
    page = answer.content.decode()
    assert answer.status_code == 500
    for trace in ("Traceback", "RuntimeError", ".py", "faulty"):
        assert trace not in page
    # The log has it all.
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.exc_info is not None
    assert SECRET_DETAIL in str(record.exc_info[1])


@pytest.mark.parametrize("path", ["/faulty/read-only", "/"])
def test_wrong_method_is_a_page_that_says_so(browser: Client, path: str) -> None:
    answer = browser.post(path)
    assert answer.status_code == 405
    assert "GET" in answer["Allow"]
    assert _is_page(answer, heading="That does not work here")


def test_form_without_its_token_is_refused_on_a_page() -> None:
    answer = Client(enforce_csrf_checks=True).post("/login/", {"identifier": "kim", "password": "x"})
    assert answer.status_code == 403
    assert _is_page(answer, heading="We could not accept that form")


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "localhost:8000@evil.example", "a b"]
)
def test_host_that_is_not_ours_is_refused_on_a_page_that_does_not_repeat_it(
    browser: Client, host: str
) -> None:
    answer = browser.get("/login/", headers={"Host": host})
    assert answer.status_code == 400
    assert _is_page(answer, heading="We could not read that request")
    assert "evil" not in answer.content.decode()
    assert "evil" not in str(answer.headers)


def test_forwarded_host_is_never_believed(browser: Client) -> None:
    answer = browser.get("/", headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})
    assert answer["Location"] == "/login/?next=%2F"


def test_oversized_form_is_refused_before_it_is_read(browser: Client) -> None:
    answer = browser.post("/login/", {"identifier": "x" * 20_000, "password": "x"})
    assert answer.status_code == 413
    assert re.search("too (large|big)|larger than", answer.content.decode())
    assert answer["X-Request-Id"] in answer.content.decode()


def test_length_is_judged_as_declared(browser: Client) -> None:
    for address, length, status in (
        ("/login/", "10001", 413),
        ("/nowhere", "2500001", 413),
        ("/login/", "-5", 400),
        ("/login/", "many", 400),
    ):
        answer = browser.generic("POST", address, b"", CONTENT_LENGTH=length, content_type="text/plain")
        assert answer.status_code == status, (address, length)


@pytest.mark.parametrize("name", FAULTY)
def test_machine_endpoint_refuses_in_json(browser: Client, name: str) -> None:
    answer = browser.get(f"/oauth/token/{name}")
    assert answer["Content-Type"] == "application/json"
    assert 400 <= answer.status_code <= 500
    assert answer.json()["error"] == ("server_error" if name == "broken" else "invalid_request")
    assert SECRET_DETAIL not in answer.content.decode()


def test_oversized_machine_request_is_refused_in_json(browser: Client) -> None:
    answer = browser.generic("POST", "/oauth/token", b"", CONTENT_LENGTH="256001")
    assert answer.status_code == 413
    assert answer.json()["error"] == "invalid_request"


@pytest.mark.spec("RFC 9457", "3")
@pytest.mark.parametrize("name", ["not-allowed", "not-found", "invalid", "teapot"])
def test_api_refuses_with_a_problem_document(browser: Client, name: str) -> None:
    error = FAULTY[name]
    answer = browser.get(f"/api/v1/{name}")
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert issubclass(error, DomainError)
    assert (body["status"], body["code"], body["detail"]) == (error.http_status, error.code, error.message)
    assert SECRET_DETAIL not in answer.content.decode()


def test_each_request_has_an_id_of_its_own(browser: Client) -> None:
    ids = {browser.get("/login/", headers={"X-Request-Id": "mine"})["X-Request-Id"] for _ in range(3)}
    assert len(ids) == 3
    assert "mine" not in ids
