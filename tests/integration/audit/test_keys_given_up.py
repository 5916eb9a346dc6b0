"""A key of the log that somebody else may have: what verification says of the checkpoints under it."""

import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from apps.audit.findings import FindingKind
from apps.audit.models import AuditVerificationRun, SealBatch
from apps.audit.ports import SYSTEM, signer
from apps.audit.services.sealing import seal_pending
from apps.audit.services.verification import record_verification, verify_log
from apps.core.origin import SYSTEM_ORIGIN
from apps.keys.audit_signer import KeyStoreSigner
from apps.keys.models import SigningKey
from apps.keys.services.rotation import retire_compromised
from apps.keys.services.signing_keys import ensure_signing_keys
from tests.integration.admin.desk import at_desk, listing, make_superuser, page_of, text_of
from tests.integration.audit.log_setup import NOW, record_many

pytestmark = pytest.mark.django_db
GIVEN_UP_AT = NOW + timedelta(hours=1)
GIVEN_UP_STAMP = "2026-11-23T14:29:00.123456Z"


@pytest.fixture(autouse=True)
def kid(settings: Any) -> Iterator[str]:
    """The key of a log with three checkpoints, without a witness."""
    settings.AUDIT_WITNESS_FILE = None
    with signer.replaced(KeyStoreSigner()):
        ensure_signing_keys(now=NOW - timedelta(days=2))
        record_many(6)
        seal_pending(now=NOW + timedelta(seconds=5), batch_size=4)
        yield signer.get().key_id()


def give_up(kid: str, *, at: datetime = GIVEN_UP_AT) -> None:
    assert retire_compromised(kid=kid, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=at)


def test_checkpoints_under_it_are_a_warning_and_no_finding(kid: str) -> None:
    count = SealBatch.objects.count()
    give_up(kid)
    report = verify_log(now=GIVEN_UP_AT)
    assert report.is_intact
    (warning,) = report.warnings
    begins = f"Checkpoints 1 to {count} bear key {kid}, reported as compromised at {GIVEN_UP_STAMP}: "
    assert warning.startswith(begins)
    assert "No checkpoint after that bears another key yet." in warning
    assert "No witness vouches for what was in the log before." in warning


def test_warning_says_which_checkpoint_is_the_next_under_another_key(kid: str) -> None:
    count = SealBatch.objects.count()
    give_up(kid)
    seal_pending(now=GIVEN_UP_AT + timedelta(seconds=5))
    (warning,) = verify_log(now=GIVEN_UP_AT).warnings
    assert (
        f"Checkpoint {count + 1}, sealed at 2026-11-23T14:29:05.123456Z, is the next under a key" in warning
    )


def test_warning_says_how_far_a_witness_vouches(kid: str, settings: Any, tmp_path: Any) -> None:
    settings.AUDIT_WITNESS_FILE = tmp_path / "witness"
    record_many(2, start=NOW + timedelta(seconds=10))
    seal_pending(now=NOW + timedelta(seconds=15))
    give_up(kid)
    report = verify_log(now=GIVEN_UP_AT)
    (warning,) = report.warnings
    assert report.witnessed_count == report.sealed_count
    assert f"vouches for the first {report.sealed_count} events of the log as they are." in warning


def test_checkpoint_that_it_signed_after_it_was_given_up_is_a_finding(kid: str) -> None:
    count = SealBatch.objects.count()
    give_up(kid, at=NOW - timedelta(hours=1))
    report = verify_log(now=GIVEN_UP_AT)
    assert [(finding.kind, finding.checkpoint_number) for finding in report.findings] == [
        (FindingKind.SIGNED_WITH_KEY_GIVEN_UP, number) for number in range(1, count + 1)
    ]


def test_batch_that_was_being_signed_meanwhile_is_none(kid: str) -> None:
    give_up(kid, at=NOW - timedelta(seconds=30))
    assert verify_log(now=GIVEN_UP_AT).is_intact


def test_key_of_tokens_that_is_given_up_is_no_matter_of_the_log(kid: str) -> None:
    give_up(SigningKey.objects.filter(purpose="tokens").values_list("kid", flat=True)[0])
    assert verify_log(now=GIVEN_UP_AT).warnings == []


def test_command_and_administration_show_it(kid: str) -> None:
    give_up(kid)
    said, as_json = io.StringIO(), io.StringIO()
    call_command("verify_audit_log", stdout=said)
    assert f"\nWarning: Checkpoints 1 to {SealBatch.objects.count()} bear key {kid}" in said.getvalue()
    call_command("verify_audit_log", "--json", stdout=as_json)
    found = json.loads(as_json.getvalue())
    assert (found["intact"], len(found["warnings"])) == (True, 1)
    run = record_verification(report=verify_log(now=GIVEN_UP_AT), now=GIVEN_UP_AT)
    assert AuditVerificationRun.objects.get(pk=run.pk).warnings == found["warnings"][0]
    browser = at_desk(make_superuser())
    pages = listing("audit.auditverificationrun"), page_of(run)
    assert all(f"bear key {kid}, reported as compromised" in text_of(browser.get(page)) for page in pages)
