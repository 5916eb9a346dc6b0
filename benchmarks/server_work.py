"""Who takes part in the measurement of a server, and what its requests cost in SQL; run by benchmarks.in_gatehouse."""

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.test import Client as Browser
from django.utils import timezone

from apps.access.services.applications import Audience
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import User
from apps.oauth.models import Client
from apps.oauth.services.clients import NewClient, create_client
from benchmarks.load import Answer, Call
from benchmarks.scenarios import REDIRECT_URI, SCENARIOS, SCOPE, World

REQUESTS = 3
"""The last one counts: the first ones fill caches."""
TRANSACTION_CONTROL = ("BEGIN", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")


def populate(people: str) -> dict[str, Any]:
    password = f"{secrets.token_urlsafe(16)}-Aa1"
    names = [f"person{number}" for number in range(int(people))]
    hashed, now = make_password(password), timezone.now()
    User.objects.bulk_create(
        User(username=name, email=f"{name}@example.org", password=hashed, created_at=now) for name in names
    )
    web = NewClient(
        name="Benchmark",
        redirect_uris=[REDIRECT_URI],
        scopes=SCOPE,
        audience=Audience.EVERYONE,
        skip_authorization=True,
    )
    service = NewClient(name="Benchmark service", kind=Client.Kind.SERVICE, scopes="reports")
    return {
        "people": names,
        "password": password,
        "web": _registered(web),
        "service": _registered(service),
    }


@transaction.atomic
def _registered(details: NewClient) -> dict[str, str]:
    found = create_client(details=details, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now())
    return {"client_id": str(found.client.client_id), "secret": found.secret}


def count_statements(population: str) -> dict[str, Any]:
    """SQL statements of one request of each scenario, by its name; `population` is a path."""
    world = World.of(json.loads(Path(population).read_text(encoding="utf-8")))
    counted: dict[str, int] = {}
    for name, scenario in SCENARIOS.items():
        steps = scenario(world, 0)
        call, remaining = next(steps), REQUESTS
        while remaining:
            answer, statements = _send(call)
            if not call.is_preparation:
                counted[name], remaining = statements, remaining - 1
            try:
                call = steps.send(answer)
            except StopIteration:
                break
    return counted


def _send(call: Call) -> tuple[Answer, int]:
    statements: list[str] = []

    def note(execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(TRANSACTION_CONTROL):
            statements.append(sql)
        return execute(sql, parameters, many, context)

    headers = {name: value for name, value in call.headers.items() if name != "Content-Type"}
    with connection.execute_wrapper(note):
        response = Browser().generic(
            call.method,
            call.path,
            call.body,
            content_type=call.headers.get("Content-Type", ""),
            headers={"Host": "localhost", **headers},
        )
    cookies = {name: morsel.value for name, morsel in response.cookies.items()}
    answer = Answer(response.status_code, response.get("Location", ""), cookies, response.content.decode())
    return answer, len(statements)
