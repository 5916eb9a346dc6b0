"""The pages of people: what they show, and what they do not let pass."""

import pytest

from apps.directory.models import User
from tests.factories.people import make_user
from tests.integration.admin.desk import (
    adding,
    at_desk,
    make_superuser,
    page_of,
    save,
    submission,
    text_of,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("typed", ["robin", "ROBIN"])
def test_user_name_that_is_taken_is_said_once_at_its_field(typed: str) -> None:
    make_user(username="robin")
    answer = at_desk(make_superuser()).post(adding("directory.user"), {"username": typed})
    assert answer.context["adminform"].form.errors == {"username": ["Somebody already has this user name."]}
    assert text_of(answer).count("Somebody already has this user name.") == 1
    assert not User.objects.filter(username="ROBIN").exists()


def test_nobody_is_given_a_user_name_or_an_address_with_which_somebody_else_signs_in() -> None:
    make_user(username="lee@example.com", email="robin@example.org")
    other, browser = make_user(), at_desk(make_superuser())
    page = browser.get(page_of(other))
    for field, value in (("username", "Robin@example.org"), ("email", "LEE@example.com")):
        answer = browser.post(page_of(other), submission(page, **{field: value}))
        (message,) = answer.context["adminform"].form.errors[field]
        assert "somebody else's" in message
    save(browser, page_of(other), username="kim@example.net", email="kim@example.net")
    other.refresh_from_db()
    assert (other.username, other.email) == ("kim@example.net", "kim@example.net")
