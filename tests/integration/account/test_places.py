"""Where an address is, in the reader's language, and what happens when nobody knows."""

import os
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from apps.core.places import Place, place_of
from identity.env import EnvironmentRefused, load
from tests.factories.people import make_user, sign_in
from tests.factories.places import NOWHERE, ONLY_A_COUNTRY, ZURICH, write_places


@pytest.fixture
def places(tmp_path: Path, settings: Settings) -> Path:
    settings.GEOIP_PATH = write_places(tmp_path / "Test-City.mmdb")
    return tmp_path / "Test-City.mmdb"


def test_place_is_named_in_the_language_of_the_reader(places: Path) -> None:
    assert place_of(ZURICH) == Place("Zürich", "Switzerland")
    with translation.override("de-at"):
        assert str(place_of(ZURICH)) == "Zürich, Schweiz"
    with translation.override("fr"):
        assert str(place_of(ZURICH)) == "Zürich, Switzerland"
    assert str(place_of(ONLY_A_COUNTRY)) == "Switzerland"


@pytest.mark.parametrize("address", [NOWHERE, "10.0.0.1", "::1", "2001:db8::1", "no address", "", None])
def test_unknown_address_has_no_place(places: Path, address: str | None) -> None:
    assert place_of(address) is None


def test_without_a_database_there_are_no_places(settings: Settings) -> None:
    settings.GEOIP_PATH = None
    assert place_of(ZURICH) is None


def test_replaced_database_is_read_anew(places: Path) -> None:
    assert place_of(ZURICH) == Place("Zürich", "Switzerland")
    fresh = write_places(places.with_suffix(".new"), city="Winterthur")
    fresh.replace(places)
    assert place_of(ZURICH) == Place("Winterthur", "Switzerland")


@pytest.mark.parametrize("content", [b"", b"no database at all", None])
def test_broken_database_costs_no_page(
    places: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is None:
        places.unlink()
    else:
        places.write_bytes(content)
    assert place_of(ZURICH) is None


@pytest.mark.parametrize("as_directory", [True, False])
def test_environment_names_the_file_or_its_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_directory: bool
) -> None:
    file = write_places(tmp_path / "GeoLite2-City.mmdb")
    monkeypatch.setenv("GEOIP_PATH", str(tmp_path if as_directory else file))
    assert load().geoip_path == file.resolve()


def test_environment_without_what_it_names_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for named in (tmp_path, tmp_path / "missing.mmdb"):
        monkeypatch.setitem(os.environ, "GEOIP_PATH", str(named))
        with pytest.raises(EnvironmentRefused, match="GEOIP_PATH"):
            load()


@pytest.mark.django_db
def test_sessions_say_where_they_are(places: Path) -> None:
    user, here = make_user(), Client(REMOTE_ADDR=ZURICH)
    sign_in(Client(REMOTE_ADDR=NOWHERE), user)
    sign_in(here, user)
    page = here.get("/account/sessions").content.decode()
    assert "Zürich, Switzerland" in page
    assert "Place unknown" in page
