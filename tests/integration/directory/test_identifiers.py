"""Whom a typed name means."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.directory.selectors import person_by_identifier
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("typed", ["kim.larsen", "Kim.Larsen", "KIM.LARSEN"])
def test_user_name_means_its_owner_in_any_case(typed: str) -> None:
    user = make_user(username="Kim.Larsen")
    assert person_by_identifier(typed) == user


def test_verified_e_mail_means_its_owner_in_any_case() -> None:
    user = make_user(username="kim", email="Kim.Larsen@Example.org", is_email_verified=True)
    assert person_by_identifier("kim.larsen@example.ORG") == user


def test_unverified_e_mail_means_nobody() -> None:
    make_user(username="kim", email="kim@example.org", is_email_verified=False)
    assert person_by_identifier("kim@example.org") is None


@pytest.mark.parametrize("names", [("aaa", "zzz"), ("zzz", "aaa")])
def test_user_name_that_looks_like_anothers_e_mail_stays_its_owners(names: tuple[str, str]) -> None:
    """Else whoever has the address would stand between the owner of the name and the sign-in."""
    make_user(username=names[0], email="shared@example.org", is_email_verified=True)
    owner = make_user(username="Shared@example.org", email=f"{names[1]}@example.org")
    assert person_by_identifier("shared@example.org") == owner


@pytest.mark.parametrize(
    "typed", ["", "\x00", "kim\x00", "%", "_im", "k%", "kim' OR 1=1 --", "\\", "kim ", "k" * 10_000]
)
def test_nothing_but_the_whole_name_means_anybody(typed: str) -> None:
    make_user(username="kim", email="")
    assert person_by_identifier(typed) is None


def test_lookup_is_answered_by_indexes() -> None:
    """It runs for every sign-in, right or wrong: it must not read the whole table."""
    make_user()
    with CaptureQueriesContext(connection) as captured:
        person_by_identifier("kim@example.org")
    [statement] = [query["sql"] for query in captured.captured_queries]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # For one row a scan is cheapest; the question is whether it could do without.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {statement}")
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
        plan = str(cursor.fetchall())
    assert "Seq Scan" not in plan
    assert "SCAN directory_user" not in plan
    assert "directory_user_username_unique" in plan
    assert "directory_user_email_unique" in plan
