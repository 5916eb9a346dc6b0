"""A key that cannot be one is an error of its field, never of the server."""

import pytest

from tests.factories.people import make_user
from tests.integration.admin.desk import adding, at_desk, make_superuser, page_of

pytestmark = pytest.mark.django_db

JUNK = ("x", "1", "' OR 1=1 --", "\x00", "00000000-0000-0000-0000-00000000000g", "9" * 5_000)
FIELDS = [
    ("access.role", "application"),
    ("access.role", "owner"),
    ("access.application", "owner"),
    ("access.assignment", "user"),
    ("access.assignment", "group"),
    ("access.assignment", "role"),
    ("directory.user", "manager"),
    ("oauth.client", "application"),
]


@pytest.mark.parametrize(("model", "field"), FIELDS)
@pytest.mark.parametrize("value", JUNK)
def test_form_with_a_malformed_key_is_shown_again(model: str, field: str, value: str) -> None:
    desk = at_desk(make_superuser())
    answer = desk.post(adding(model), {field: value})
    assert answer.status_code in {200, 400}
    assert b"Please correct the error" in answer.content or answer.status_code == 400


def test_made_up_rows_of_sessions_are_no_error() -> None:
    desk = at_desk(make_superuser())
    person = make_user()
    made_up = {"sso_sessions-TOTAL_FORMS": "999999", "sso_sessions-INITIAL_FORMS": "0"}
    answer = desk.post(page_of(person), made_up)
    assert answer.status_code in {200, 302, 400}
