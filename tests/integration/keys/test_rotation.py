"""Keys follow one another so that no relying party notices, each step once, and a compromised one at once."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from io import StringIO
from threading import Barrier
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from freezegun import freeze_time

from apps.audit.models import AuditEvent
from apps.audit.ports import signer
from apps.audit.services.sealing import seal_pending
from apps.audit.services.verification import verify_log
from apps.keys.conf import MARGIN
from apps.keys.models import SigningKey
from apps.keys.selectors import active_key, private_key, token_jwks
from apps.keys.services.rotation import Step, rotate_due
from apps.keys.services.tokens import read_own_jwt, sign_jwt
from apps.keys.tasks import rotate
from tests.factories.keys import make_signing_keys
from tests.integration.audit.log_setup import record

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
DAY = timedelta(days=1)
State = SigningKey.State


def run(*arguments: str) -> str:
    written = StringIO()
    call_command(*arguments, stdout=written)
    return written.getvalue()


def run_json(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


@pytest.fixture(autouse=True)
def policy(settings: Any, tmp_path: Any) -> None:
    settings.SIGNING_KEY_DAYS, settings.SIGNING_KEY_PUBLISHED_DAYS = 90, 7
    settings.AUDIT_WITNESS_FILE = tmp_path / "witness"


@pytest.fixture(autouse=True)
def no_key_parsed_before() -> Iterator[None]:
    """Tests share their keys, and some of these lose their private halves here."""
    private_key.cache_clear()
    yield
    private_key.cache_clear()


@pytest.fixture(autouse=True)
def keys(db: None) -> None:
    make_signing_keys()
    SigningKey.objects.update(created_at=NOW, activated_at=NOW)


def es256(state: str = State.ACTIVE) -> SigningKey:
    return SigningKey.objects.get(algorithm="ES256", state=state)


def states(steps: list[Step]) -> set[str]:
    return {step.state for step in steps}


def signed(now: datetime, *, seconds: int = 3600) -> str:
    issued_at = int(now.timestamp())
    claims = {"sub": "kim", "iat": issued_at, "exp": issued_at + seconds}
    return sign_jwt(claims=claims, algorithm="ES256", typ="JWT")


def published() -> set[str]:
    return {key["kid"] for key in token_jwks()["keys"]}


def actions(kid: str) -> list[str]:
    found = AuditEvent.objects.filter(target_kind="signing_key").order_by("id")
    return [event.action for event in found if event.details["kid"] == kid]


def test_key_is_published_then_signs_then_verifies_only_and_is_gone() -> None:
    old = es256()
    token = signed(NOW)
    assert rotate_due(now=NOW + 83 * DAY - timedelta(seconds=1)) == []
    assert states(rotate_due(now=NOW + 83 * DAY)) == {State.PENDING}
    new = es256(State.PENDING)
    assert {old.kid, new.kid} <= published()
    assert active_key(purpose="tokens", algorithm="ES256").kid == old.kid
    assert rotate_due(now=NOW + 90 * DAY - timedelta(seconds=1)) == []

    turn = NOW + 90 * DAY
    assert states(rotate_due(now=turn)) == {State.ACTIVE, State.RETIRING}
    assert active_key(purpose="tokens", algorithm="ES256").kid == new.kid
    assert {old.kid, new.kid} <= published()
    assert rotate_due(now=turn + timedelta(hours=1) + MARGIN - timedelta(seconds=1)) == []

    assert states(rotate_due(now=turn + timedelta(hours=1) + MARGIN)) == {State.RETIRED}
    assert old.kid not in published()
    assert read_own_jwt(token, typ="JWT") is not None, "as a hint"
    assert actions(old.kid) == ["signing_key.superseded", "signing_key.retired"]
    assert actions(new.kid) == ["signing_key.published", "signing_key.activated"]


def test_late_worker_publishes_as_long_ahead_all_the_same() -> None:
    late = NOW + 400 * DAY
    assert states(rotate_due(now=late)) == {State.PENDING}
    assert rotate_due(now=late + 7 * DAY - timedelta(seconds=1)) == []
    assert states(rotate_due(now=late + 7 * DAY)) == {State.ACTIVE, State.RETIRING}


def test_key_verifies_until_its_longest_token_has_expired() -> None:
    old = es256()
    signed(NOW, seconds=30 * 86_400)
    signed(NOW, seconds=60)
    rotate_due(now=NOW + 83 * DAY)
    rotate_due(now=NOW + 90 * DAY)
    rotate_due(now=NOW + 119 * DAY)
    old.refresh_from_db()
    assert old.state == State.RETIRING
    rotate_due(now=NOW + 120 * DAY + MARGIN)
    old.refresh_from_db()
    assert old.state == State.RETIRED


def test_usual_tokens_cost_no_write(django_assert_num_queries: Any) -> None:
    signed(NOW)
    with django_assert_num_queries(1):
        signed(NOW)


def test_private_half_of_a_retired_key_is_destroyed() -> None:
    old = es256()
    assert '"d"' in old.private_jwk
    for days in (83, 90, 91):
        rotate_due(now=NOW + days * DAY)
    old.refresh_from_db()
    assert old.state == State.RETIRED
    assert '"d"' not in old.private_jwk
    private_key.cache_clear()
    assert not private_key(old.kid).has_private


def test_checkpoints_of_keys_long_gone_still_verify() -> None:
    first = SigningKey.objects.get(purpose="audit")
    verifier = signer.get().public_key(first.kid)
    assert verifier is not None
    record(now=NOW)
    seal_pending(now=NOW)
    for days in (83, 90, 91):
        rotate_due(now=NOW + days * DAY)
    private_key.cache_clear()
    record(now=NOW)
    seal_pending(now=NOW)
    report = verify_log(now=NOW)
    assert report.is_intact, report
    first.refresh_from_db()
    assert first.state == State.RETIRED
    assert signer.get().public_key(first.kid) == verifier, "for evidence that others check"
    assert signer.get().key_id() != first.kid


def test_key_that_was_planted_in_the_database_verifies_nothing() -> None:
    """Its public half alone, as that of a retired key, is believed only under the field key."""
    record(now=NOW)
    seal_pending(now=NOW)
    key = SigningKey.objects.get(purpose="audit")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE keys_signingkey SET private_jwk = '{}' WHERE kid = %s", [key.kid])
    private_key.cache_clear()
    assert not verify_log(now=NOW).is_intact


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("days", [83, 90, 91])
def test_twenty_workers_take_each_step_once(days: int) -> None:
    for earlier in (83, 90):
        if earlier < days:
            rotate_due(now=NOW + earlier * DAY)
    before = AuditEvent.objects.count()
    callers = 20
    start = Barrier(callers)

    def caller(_number: int) -> list[Step]:
        try:
            start.wait(timeout=60)
            return rotate_due(now=NOW + days * DAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(callers) as pool:
        steps = [step for done in pool.map(caller, range(callers)) for step in done]
    kinds = 5
    expected = {
        83: [State.PENDING] * kinds,
        90: [State.ACTIVE] * kinds + [State.RETIRING] * kinds,
        91: [State.RETIRED] * kinds,
    }[days]
    assert sorted(step.state for step in steps) == sorted(expected)
    assert AuditEvent.objects.count() - before == len(expected)
    assert SigningKey.objects.filter(state=State.ACTIVE).count() == kinds


@pytest.mark.django_db(transaction=True)
def test_twenty_who_want_a_key_replaced_at_once_leave_one_that_signs() -> None:
    callers = 20
    start = Barrier(callers)

    def caller(_number: int) -> None:
        try:
            start.wait(timeout=60)
            run("rotate_keys", "--now", "--algorithm", "ES256")
        finally:
            connection.close()

    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(caller, range(callers)))
    assert SigningKey.objects.filter(algorithm="ES256", state=State.ACTIVE).count() == 1
    superseded = AuditEvent.objects.filter(action="signing_key.superseded").count()
    assert superseded == SigningKey.objects.filter(algorithm="ES256", state=State.RETIRING).count()


def test_scheduled_task_rotates() -> None:
    with freeze_time(NOW + 83 * DAY):
        rotate.apply().get()
    assert SigningKey.objects.filter(state=State.PENDING).count() == 5


# The command --------------------------------------------------------------------------------------------------------


def test_command_does_what_is_due_and_nothing_else() -> None:
    assert run("rotate_keys").strip() == "Nothing was due."
    assert SigningKey.objects.count() == 5


def test_command_replaces_the_named_keys_at_once() -> None:
    token = signed(NOW)
    said = run_json("rotate_keys", "--now", "--purpose", "tokens", "--algorithm", "ES256")
    assert [(step["algorithm"], step["state"]) for step in said] == [
        ("ES256", "retiring"),
        ("ES256", "active"),
    ]
    assert active_key(purpose="tokens", algorithm="ES256").kid == said[1]["kid"]
    assert SigningKey.objects.filter(state=State.ACTIVE).count() == 5
    assert read_own_jwt(token, typ="JWT") is not None


def test_published_successor_is_the_one_that_takes_over() -> None:
    rotate_due(now=NOW + 83 * DAY)
    successor = es256(State.PENDING)
    run("rotate_keys", "--now", "--algorithm", "ES256")
    assert es256().kid == successor.kid


def test_audit_logs_key_is_replaced_alone_and_signs_the_next_checkpoint() -> None:
    run("rotate_keys", "--now", "--purpose", "audit")
    assert SigningKey.objects.filter(state=State.RETIRING).values_list("purpose", flat=True).get() == "audit"
    signature = signer.get().sign(b"checkpoint")
    assert signature.key_id == active_key(purpose="audit", algorithm="Ed25519").kid


# Compromise ---------------------------------------------------------------------------------------------------------


def test_compromised_key_and_its_tokens_are_refused_at_once() -> None:
    old = es256()
    token = signed(NOW)
    said = run_json("rotate_keys", f"--compromised={old.kid}")
    assert [step["state"] for step in said] == ["retired", "active"]
    assert read_own_jwt(token, typ="JWT") is None
    assert old.kid not in published()
    assert es256().kid in published()
    old.refresh_from_db()
    assert old.compromised_at is not None
    assert '"d"' not in old.private_jwk
    assert actions(old.kid) == ["signing_key.compromised"]
    assert run_json("rotate_keys", f"--compromised={old.kid}") == []


def test_key_that_had_retired_can_still_turn_out_compromised() -> None:
    old = es256()
    token = signed(NOW)
    for days in (83, 90, 91):
        rotate_due(now=NOW + days * DAY)
    assert [step["state"] for step in run_json("rotate_keys", f"--compromised={old.kid}")] == ["retired"]
    assert read_own_jwt(token, typ="JWT") is None


def test_published_successor_takes_the_compromised_keys_place() -> None:
    rotate_due(now=NOW + 83 * DAY)
    successor = es256(State.PENDING)
    run("rotate_keys", f"--compromised={es256().kid}")
    assert es256().kid == successor.kid


def test_compromised_successor_never_signs() -> None:
    rotate_due(now=NOW + 83 * DAY)
    successor = es256(State.PENDING)
    run("rotate_keys", f"--compromised={successor.kid}")
    assert successor.kid not in published()
    rotate_due(now=NOW + 84 * DAY)
    assert es256(State.PENDING).kid != successor.kid


def test_key_id_may_begin_with_a_hyphen() -> None:
    SigningKey.objects.filter(pk=es256().pk).update(kid="-a-key-of-its-own")
    run("rotate_keys", "--compromised=-a-key-of-its-own")
    assert SigningKey.objects.get(kid="-a-key-of-its-own").state == State.RETIRED


def test_checkpoints_of_a_compromised_key_verify_and_the_log_goes_on() -> None:
    record(now=NOW)
    seal_pending(now=NOW)
    run("rotate_keys", f"--compromised={SigningKey.objects.get(purpose='audit').kid}")
    private_key.cache_clear()
    assert seal_pending(now=NOW) > 0
    assert verify_log(now=NOW).is_intact
