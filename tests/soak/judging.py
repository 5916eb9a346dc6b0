"""What must hold after everything was killed: run inside the installation, prints one line for each breach."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db.models import Count, Q  # noqa: E402 - after the apps are set up

from apps.audit.models import AuditEvent  # noqa: E402
from apps.jobs.models import Job  # noqa: E402
from apps.oauth.models import AccessToken, RefreshToken, Scope  # noqa: E402
from apps.signin.models import Session  # noqa: E402


def breaches(acknowledged: list[dict[str, Any]], promised: list[dict[str, Any]]) -> Iterator[str]:
    # No acknowledged action without its event.
    by_request = {
        (action, request_id) for action, request_id in AuditEvent.objects.values_list("action", "request_id")
    }
    for each in acknowledged:
        if (each["action"], each["request_id"]) not in by_request:
            yield f"acknowledged without an event: {each}"

    # No event without its action, no action without its event, acknowledged or not.
    started = Counter(_sessions_of_events("user.signed_in"))
    sessions = Counter(str(pk) for pk in Session.objects.values_list("pk", flat=True))
    if started != sessions:
        yield f"sessions and their events differ: {(started - sessions) + (sessions - started)}"
    issued = AuditEvent.objects.filter(action="token.issued").count()
    tokens = AccessToken.objects.count()
    if issued != tokens:
        yield f"{issued} events of tokens that were issued, and {tokens} tokens"
    created = Counter(
        AuditEvent.objects.filter(action="scope.created").values_list("personal__target_label", flat=True)
    )
    scopes = Counter(Scope.objects.filter(name__startswith="soak.").values_list("name", flat=True))
    of_soak = Counter({name: count for name, count in created.items() if str(name).startswith("soak.")})
    if of_soak != scopes:
        yield f"scopes and their events differ: {(of_soak - scopes) + (scopes - of_soak)}"

    # Whoever holds a family holds it alone.
    live = (
        RefreshToken.objects.filter(revoked__isnull=True, authorization__revoked_at__isnull=True)
        .values("authorization")
        .annotate(number=Count("pk"))
        .filter(number__gt=1)
    )
    for row in live:
        yield f"two live refresh tokens of one family: {row}"

    # What was promised is there, done, and nothing is left behind.
    jobs = dict(Job.objects.filter(kind="soak.count").values_list("pk", "state"))
    states = {str(pk): state for pk, state in jobs.items()}
    for each in promised:
        if states.get(each["job"]) != Job.State.DONE:
            yield f"promised and not done: {each} is {states.get(each['job'])}"
        elif each["name"] not in scopes:
            yield f"done without what it was to do: {each}"
    for pk in Job.objects.filter(~Q(state__in=[Job.State.DONE])).values_list("pk", flat=True):
        yield f"a job did not end well: {pk}"


def _sessions_of_events(action: str) -> list[str]:
    return list(AuditEvent.objects.filter(action=action).values_list("session_id", flat=True))


def open_jobs() -> int:
    return Job.objects.filter(state__in=Job.OPEN).count()


def _read(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    if sys.argv[1:] == ["open-jobs"]:
        sys.stdout.write(f"{open_jobs()}\n")
    else:
        for breach in breaches(_read(sys.argv[1]), _read(sys.argv[2])):
            sys.stdout.write(f"{breach}\n")
