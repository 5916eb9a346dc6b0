from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from apps.oauth.answers import ResponseMode, error_answer, with_parameters

pytestmark = pytest.mark.spec("RFC 6749", "4.1.2.1")
VALUES = st.dictionaries(st.sampled_from(["state", "error", "iss", "code"]), st.text(max_size=30))


@given(parameters=VALUES)
def test_parameters_come_back_as_they_were(parameters: dict[str, str]) -> None:
    uri = with_parameters("https://app.example.org/callback?tenant=a+b&empty=", parameters)
    assert dict(parse_qsl(urlsplit(uri).query, keep_blank_values=True)) == {
        "tenant": "a b",
        "empty": "",
        **parameters,
    }
    assert uri.startswith("https://app.example.org/callback?")
    assert uri.isascii()
    assert uri.isprintable()


def test_parameter_of_the_registered_address_gives_way() -> None:
    assert with_parameters("https://a.example/?iss=x&iss=y", {"iss": "z"}) == "https://a.example/?iss=z"


def test_parameter_that_is_none_is_left_out() -> None:
    assert with_parameters("https://a.example/", {"state": None}) == "https://a.example/"
    assert with_parameters("com.example.app:/done", {"state": "s"}) == "com.example.app:/done?state=s"


@pytest.mark.spec("RFC 9700", "4.12")
def test_redirect_never_repeats_a_post() -> None:
    answer = error_answer("https://a.example/", ResponseMode.QUERY, error="x", description="y", state=None)
    assert answer.response(RequestFactory().get("/")).status_code == 303
