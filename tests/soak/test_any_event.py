"""Whatever is put into an event, the database gives back what was hashed, and the log verifies."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.audit.canonical import EventContent, Json, canonical_event, personal_commitment
from apps.audit.models import AuditEvent
from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.audit.services.sealing import seal_pending
from apps.audit.services.verification import verify_log
from apps.core.origin import Origin
from apps.keys.services.signing_keys import ensure_signing_keys
from apps.oauth.events import OAuthAction
from tests.services.soak import times

NOW = datetime(2026, 11, 23, 13, 29, tzinfo=UTC)

# NUL and lone surrogates too: requests bring them.
any_text = st.text(st.characters(exclude_categories=()), max_size=300)
any_json: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)
any_object = st.dictionaries(any_text, any_json, max_size=4)
any_subject = st.builds(Subject, kind=any_text, id=any_text, label=any_text)
any_origin = st.builds(
    Origin, ip=st.ip_addresses().map(str) | st.none(), user_agent=any_text, request_id=any_text
)
any_moment = st.datetimes(
    NOW.replace(year=1990, tzinfo=None), NOW.replace(year=2190, tzinfo=None), timezones=st.just(UTC)
)


@settings(
    max_examples=times(20, soak=1_500),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    actor=any_subject,
    target=any_subject,
    origin=any_origin,
    at=any_moment,
    reference=any_text,
    details=any_object,
    before=any_object,
)
def record_anything(
    *,
    actor: Subject,
    target: Subject,
    origin: Origin,
    at: datetime,
    reference: str,
    details: dict[str, Json],
    before: dict[str, Json],
) -> None:
    event = record_event(
        action=OAuthAction.CLIENT_CHANGED,
        outcome=Outcome.SUCCESS,
        actor=actor,
        target=target,
        origin=origin,
        now=at,
        client_id=reference,
        session_id=reference,
        details=details,
        before=before,
    )
    kept = AuditEvent.objects.get(pk=event.pk)
    assert canonical_event(_content(kept)) == canonical_event(_content(event))
    assert kept.salt is not None
    assert bytes(kept.commitment) == personal_commitment(salt=bytes(kept.salt), personal=kept.personal)


@pytest.mark.soak
@pytest.mark.django_db
def test_any_event_is_kept_as_it_was_hashed_and_verifies() -> None:
    ensure_signing_keys(now=NOW)
    record_anything()
    recorded = AuditEvent.objects.count()
    assert seal_pending(now=NOW) == recorded
    report = verify_log(now=NOW)
    assert report.findings == []
    assert report.sealed_count == recorded


def _content(event: AuditEvent) -> EventContent:
    return EventContent(*(getattr(event, name) for name in EventContent._fields))
