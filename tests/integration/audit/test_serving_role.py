"""`grant_serving_role`: refused where it would be worth nothing. What it grants, tests/production tries out."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

pytestmark = pytest.mark.django_db


def test_role_that_cannot_be_held_back_is_refused() -> None:
    is_postgresql = connection.vendor == "postgresql"
    owner = str(connection.settings_dict["USER"])
    reason = "is a superuser or owns the tables" if is_postgresql else "no roles outside PostgreSQL"
    with pytest.raises(CommandError, match=reason):
        call_command("grant_serving_role", owner)


@pytest.mark.parametrize("name", ["nobody_of_this_name", 'x"; DROP TABLE audit_event; --', ""])
def test_role_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(CommandError, match="Nothing was granted"):
        call_command("grant_serving_role", name)
