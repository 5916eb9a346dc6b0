"""How people are found by a part of their names among very many."""

import pytest
from django.contrib.admin import site
from django.db import connection
from django.test import RequestFactory

from apps.directory.models import User
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db


def test_part_of_a_name_in_any_case_is_answered_by_an_index() -> None:
    kim = make_user(username="kim", display_name="Kim Larsen")
    make_user(username="lars", display_name="Lars Kimball")
    request = RequestFactory().get("/")
    found, _ = site._registry[User].get_search_results(request, User.objects.all(), "ARSE kim")
    assert list(found) == [kim]
    if connection.vendor != "postgresql":
        return  # SQLite has no such index.
    statement, parameters = found.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        # For two rows a scan is cheapest; the question is whether it could do without.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statement}", parameters)
        plan = str(cursor.fetchall())
    assert "Seq Scan" not in plan
    assert "directory_user_search" in plan
