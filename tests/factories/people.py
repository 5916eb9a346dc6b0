"""People for tests. They share one password, hashed once: Argon2id is meant to be slow."""

import secrets
from functools import cache
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password
from django.test import Client as Browser

from apps.directory.models import User

PASSWORD = "Wooden-Gate-Opens-7!"
_numbers = count(1)


def new_password() -> str:
    """One that nobody had before, with what the policy asks for."""
    return f"{secrets.token_urlsafe(16)}-Aa1"


@cache
def _hash() -> str:
    return make_password(PASSWORD)


def make_user(**fields: Any) -> User:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "username": f"person{number}",
        "email": f"person{number}@example.org",
        "is_email_verified": True,
        "given_name": "Kim",
        "family_name": f"Person{number}",
        "password": _hash(),
    }
    return User.objects.create(**(defaults | fields))


def sign_in(browser: Browser, user: User, **headers: Any) -> None:
    """Through the front door, as a person would."""
    answer = browser.post("/login/", {"identifier": user.username, "password": PASSWORD}, **headers)
    assert answer.status_code == 302, answer.content.decode()[:2000]
