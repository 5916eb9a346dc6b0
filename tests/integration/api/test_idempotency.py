"""A request that is sent again because its answer was lost makes nothing a second time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.core.api.errors import IdempotencyKeyReused, StillBeingAnswered
from apps.core.api.idempotency import Claim, read_key
from apps.directory.models import Group
from apps.oauth.models import Client, IdempotentCall
from apps.oauth.services.housekeeping import remove_expired_tokens
from apps.oauth.services.idempotent_calls import CLAIMED, KEPT, kept_answers
from tests.factories.api import Caller, client_calling, make_superuser, person_calling
from tests.factories.clients import make_client
from tests.integration.api.test_authentication import refused
from tests.services.soak import times

pytestmark = pytest.mark.django_db
BODY = {"name": "Sales"}
AT_ONCE = 4


def _post(caller: Caller, key: str, body: Any = None, path: str = "groups") -> Any:
    return caller.post(path, BODY if body is None else body, **{"Idempotency-Key": key})


def test_same_request_has_the_same_answer_and_makes_nothing_again() -> None:
    caller = person_calling(make_superuser())
    first, again = _post(caller, '"8e03978e"'), _post(caller, '"8e03978e"')
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert {name: again[name] for name in ("ETag", "Location")} == {
        name: first[name] for name in ("ETag", "Location")
    }
    assert Group.objects.count() == 1
    assert AuditEvent.objects.filter(action="group.created").count() == 1


def test_key_that_came_with_another_request_is_refused() -> None:
    caller = person_calling(make_superuser())
    _post(caller, '"k"')
    refused(_post(caller, '"k"', {"name": "Other"}), 422, "idempotency_key_reused")
    refused(_post(caller, '"k"', {"name": "U"}, path="units"), 422, "idempotency_key_reused")
    assert Group.objects.count() == 1


def test_each_caller_has_keys_of_their_own() -> None:
    administrator = make_superuser()
    _post(person_calling(administrator), '"k"')
    for other in (person_calling(administrator), client_calling("gatehouse:groups.write")):
        assert _post(other, '"k"', {"name": other.client.name}).status_code == 201
    assert Group.objects.count() == 3


def test_refused_request_leaves_its_key_free() -> None:
    caller = person_calling(make_superuser())
    refused(_post(caller, '"k"', {"name": ""}), 400, "invalid_fields")
    assert not IdempotentCall.objects.exists()
    assert _post(caller, '"k"').status_code == 201


@pytest.mark.parametrize("key", ["", '""', '"a', "a b", '"é"', f'"{"x" * 256}"', '"\\x"'])
def test_malformed_key_is_refused(key: str) -> None:
    answer = _post(person_calling(make_superuser()), key.encode().decode("latin-1"))
    refused(answer, 400, "invalid_idempotency_key")


@pytest.mark.any_database
def test_key_is_a_string_with_or_without_quotes() -> None:
    assert read_key('"a\\"b\\\\c"') == 'a"b\\c'
    assert read_key("8e03978e-40d5-43dd") == read_key('"8e03978e-40d5-43dd"')


def test_secret_is_shown_once_and_kept_nowhere() -> None:
    caller, application = person_calling(make_superuser()), make_client().row.application
    body = {"name": "Feed", "kind": "service", "application": str(application.pk), "scopes": []}
    made = _post(caller, '"k"', body, path="clients")
    assert made.json()["secret"]
    again = _post(caller, '"k"', body, path="clients")
    refused(again, 409, "secret_was_shown")
    assert made["Location"] in again.json()["detail"]
    assert Client.objects.filter(name="Feed").count() == 1
    assert made.json()["secret"] not in str(IdempotentCall.objects.values().get())


def test_answer_is_not_readable_at_rest() -> None:
    caller = person_calling(make_superuser())
    _post(caller, '"a-key-that-says-something"', {"name": "Whistle-blowers"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM oauth_idempotentcall")
        stored = str(cursor.fetchall())
    assert "Whistle" not in stored
    assert "says-something" not in stored


def _claim(fingerprint: str = "f", *, now: Any) -> Claim | str:
    return kept_answers.claim(caller="user:1:2", key="k", fingerprint=fingerprint, now=now)


def test_key_is_taken_over_from_whoever_has_not_come_back() -> None:
    now = timezone.now()
    first = _claim(now=now)
    assert isinstance(first, Claim)
    with pytest.raises(StillBeingAnswered):
        _claim(now=now)
    with pytest.raises(IdempotencyKeyReused):
        _claim("another", now=now)
    second = _claim(now=now + CLAIMED)
    assert isinstance(second, Claim)
    assert not kept_answers.keep(first, "the slower one")
    kept_answers.let_go(first)
    assert kept_answers.keep(second, "the answer")
    assert _claim(now=now + CLAIMED * 2) == "the answer"


def test_answers_are_kept_for_a_day() -> None:
    now = timezone.now()
    claim = _claim(now=now)
    assert isinstance(claim, Claim)
    kept_answers.keep(claim, "the answer")
    assert isinstance(_claim("another", now=now + KEPT), Claim)
    remove_expired_tokens(now=now + KEPT + timedelta(hours=1))
    assert IdempotentCall.objects.count() == 1
    remove_expired_tokens(now=now + KEPT * 2)
    assert not IdempotentCall.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.soak
@pytest.mark.parametrize("_round", range(times(1, soak=30)))
def test_of_those_who_send_it_at_the_same_moment_one_makes_it(_round: int) -> None:
    caller, barrier = person_calling(make_superuser()), Barrier(AT_ONCE)

    def ask(_number: int) -> int:
        try:
            barrier.wait()
            status: int = _post(caller, '"k"').status_code
            return status
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = sorted(pool.map(ask, range(AT_ONCE)))
    assert set(answers) <= {201, 409}
    assert answers[0] == 201
    assert Group.objects.count() == 1
    assert AuditEvent.objects.filter(action="group.created").count() == 1
    assert _post(caller, '"k"').status_code == 201
