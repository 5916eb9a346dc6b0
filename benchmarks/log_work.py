"""Work on the audit log, run by benchmarks.in_gatehouse; arguments are texts, times are in seconds."""

import resource
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit import gatehouse_verify
from apps.audit.canonical import Json
from apps.audit.log_proofs import event_proof
from apps.audit.models import SealedEvent
from apps.audit.ports import Outcome, Subject, signer
from apps.audit.services.evidence import EvidenceRequest, export_evidence
from apps.audit.services.partitions import ensure_partitions
from apps.audit.services.record import record_event
from apps.audit.services.sealing import seal_pending, sweep_unsealed
from apps.audit.services.verification import verify_log
from apps.core.origin import Origin
from apps.keys.services.signing_keys import ensure_signing_keys
from apps.oauth.events import OAuthAction
from tests.factories.audit_log import write_events

CLIENT = Subject(kind="client", id="0192f3a0-0000-7000-8000-0000000c11e7", label="Expenses")
PERSON = Subject(kind="user", id="0192f3a0-0000-7000-8000-00000000a11c", label="alice@example.org")
ORIGIN = Origin(ip="192.0.2.7", user_agent="Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101", request_id="r")
DETAILS: dict[str, Json] = {
    "grant_type": "refresh_token",
    "scope": "openid profile email",
    "expires_in": 3600,
}
WARM_UP = 50
SEALING_PAUSE = 1.0
"""Five times as often as the server does it."""


def prepare() -> dict[str, Any]:
    ensure_signing_keys(now=timezone.now())
    ensure_partitions(now=timezone.now())
    return {}


def append(seconds: str) -> dict[str, Any]:
    """One event a transaction, one after the other, as requests do."""
    for _ in range(WARM_UP):
        _append_one()
    took: list[float] = []
    started = time.perf_counter()
    while (before := time.perf_counter()) < started + float(seconds):
        _append_one()
        took.append(time.perf_counter() - before)
    return {"took": took, "seconds": time.perf_counter() - started}


def _append_one() -> None:
    with transaction.atomic():
        record_event(
            action=OAuthAction.TOKEN_ISSUED,
            outcome=Outcome.SUCCESS,
            actor=CLIENT,
            target=PERSON,
            origin=ORIGIN,
            now=timezone.now(),
            client_id=CLIENT.id,
            details=DETAILS,
        )


def fill(count: str) -> dict[str, Any]:
    """Events of the last hour, in bulk: only what is done with them is measured."""
    start, step = timezone.now() - timedelta(hours=1), timedelta(hours=1) / int(count)
    write_events(int(count), start=start, step=step)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # autovacuum would, a minute later
    return {}


def seal() -> dict[str, Any]:
    """All there is."""
    memory, started = _peak_mib(), time.perf_counter()
    sealed = seal_pending(now=timezone.now())
    took = time.perf_counter() - started
    return {"events": sealed, "seconds": took, "peak_mib": _peak_mib(), "growth_mib": _peak_mib() - memory}


def sweep() -> dict[str, Any]:
    """As `seal`, over the whole log: what was loaded is older than what was sealed."""
    started = time.perf_counter()
    sealed = sweep_unsealed(now=timezone.now())
    return {"events": sealed, "seconds": time.perf_counter() - started, "peak_mib": _peak_mib()}


def seal_for(seconds: str) -> dict[str, Any]:
    """Again and again, while others append."""
    started, sealed = time.perf_counter(), 0
    while time.perf_counter() < started + float(seconds):
        time.sleep(SEALING_PAUSE)
        sealed += seal_pending(now=timezone.now())
    return {"events": sealed}


def verify() -> dict[str, Any]:
    memory, started = _peak_mib(), time.perf_counter()
    report = verify_log(now=timezone.now())
    took = time.perf_counter() - started
    if not report.is_intact:
        raise SystemExit(f"the log does not verify: {report.findings[0].message}")
    return {
        "events": report.sealed_count,
        "seconds": took,
        "peak_mib": _peak_mib(),
        "growth_mib": _peak_mib() - memory,
    }


def prove(count: str) -> dict[str, Any]:
    """Events from all over the log, each under the newest checkpoint, as `audit_proof` does it."""
    size = SealedEvent.objects.count()
    chosen = [1 + number * (size - 1) // (int(count) - 1) for number in range(int(count))]
    rows = SealedEvent.objects.filter(seal_number__in=chosen).values_list("event_id", flat=True)
    took: list[float] = []
    statements = 0
    for event_id in list(rows):
        started = time.perf_counter()
        with CaptureQueriesContext(connection) as queries:
            event_proof(event_id=event_id, checkpoint_number=None, signer=signer.get())
        took.append(time.perf_counter() - started)
        statements = max(statements, len(queries))
    return {"events": size, "took": took, "statements": statements, "peak_mib": _peak_mib()}


def export(path: str) -> dict[str, Any]:
    """The whole log as one bundle."""
    memory, started = _peak_mib(), time.perf_counter()
    now = timezone.now()
    request = EvidenceRequest(start=now - timedelta(days=1), end=now)
    evidence = export_evidence(request=request, output=Path(path), now=now)
    return {
        "events": evidence.counts.count,
        "seconds": time.perf_counter() - started,
        "peak_mib": _peak_mib(),
        "growth_mib": _peak_mib() - memory,
    }


def check_bundle(path: str) -> dict[str, Any]:
    """With the offline verifier."""
    memory, started = _peak_mib(), time.perf_counter()
    with Path(path).open("rb") as file:
        result = gatehouse_verify.verify(gatehouse_verify.Bundle(file))
    return {
        "events": result.counts.events,
        "seconds": time.perf_counter() - started,
        "peak_mib": _peak_mib(),
        "growth_mib": _peak_mib() - memory,
    }


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
