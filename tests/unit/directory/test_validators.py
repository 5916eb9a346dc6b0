import pytest
from django.core.exceptions import ValidationError

from apps.directory.validators import validate_time_zone, validate_username


@pytest.mark.parametrize("name", ["kim", "Kim.Larsen_2", "kim@example.org", "kim+test-1", "a" * 150])
def test_plain_user_names_are_accepted(name: str) -> None:
    validate_username(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "kim larsen",
        "kim\n",
        "kim\x00",
        "k\u0456m",
        "\uff4b\uff49\uff4d",
        "kim/../admin",
        "<kim>",
        "a" * 151,
        "kim\u200b",
        "k\u0131m",
    ],
)
def test_user_names_that_could_pass_for_another_are_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        validate_username(name)


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Ushuaia"])
def test_time_zones_are_known_by_their_names(name: str) -> None:
    validate_time_zone(name)


@pytest.mark.parametrize("name", ["", "CEST+2", "europe/berlin", "../../etc/passwd", "Mars/Olympus"])
def test_made_up_time_zones_are_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        validate_time_zone(name)
