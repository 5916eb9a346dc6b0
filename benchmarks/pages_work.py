"""How long pages take in the installation of the environment; run by benchmarks.in_gatehouse."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import Client as Browser
from django.utils import timezone

from apps.directory.models import User
from apps.oauth.models import Client
from apps.signin.models import Session
from benchmarks.pages import Names, pages
from benchmarks.timing import time_addresses

ADMINISTRATOR = "benchmark-administrator"


def measure(path: str) -> dict[str, Any]:
    """Written to the path, by page; how many there are."""
    found = time_addresses(_administrator().get, pages(_names()))
    Path(path).write_text(json.dumps(found, indent=1), encoding="utf-8")
    return {"pages": len(found)}


def _administrator() -> Browser:
    settings.ALLOWED_HOSTS = ["*"]
    password = "Bench-Mark-0815-Pass"  # noqa: S105 - of a database that is thrown away
    User.objects.update_or_create(
        username=ADMINISTRATOR,
        defaults={
            "email": "benchmark@lumenworks.example",
            "password": make_password(password),
            "is_staff": True,
            "is_superuser": True,
            "sign_ins_valid_since": None,
            "password_changed_at": timezone.now(),
        },
    )
    browser = Browser(headers={"Host": "localhost"})
    answer = browser.post("/login/", {"identifier": ADMINISTRATOR, "password": password})
    if answer.status_code != 302:
        raise SystemExit(f"nobody is signed in: {answer.status_code}")
    return browser


def _names() -> Names:
    session = Session.objects.filter(user__email__endswith="@lumenworks.example").select_related("user")
    one = session.exclude(user__username=ADMINISTRATOR).order_by("pk")[0]
    return Names(
        person=str(one.user_id),
        username=one.user.username,
        family_name=one.user.family_name,
        client=str(Client.objects.order_by("name").values_list("pk", flat=True)[0]),
        day=(timezone.now() - timedelta(days=40)).date().isoformat(),
        address=str(one.ip),
    )
