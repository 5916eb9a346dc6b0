"""/api/docs/ shows the whole of the OpenAPI document, to everybody, and needs nothing from elsewhere."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client as Browser

from apps.core.api.reference import api_reference
from apps.core.api.schema import openapi_document
from tests.integration.languages.pseudo import PSEUDO, leftovers, pseudo_language

ADDRESS = "/api/docs/"
RUNS_OR_LOADS = re.compile(r'<(?:script|img|iframe|link|source|use)\b[^>]*(?:src|href)="([^"]+)"')


@pytest.fixture
def page() -> str:
    return Browser().get(ADDRESS).content.decode()


def part(page: str, anchor: str) -> str:
    found = re.search(rf'<article [^>]*id="{anchor}".*?</article>', page, re.DOTALL)
    assert found, anchor
    return unescape(found[0])


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    paths = openapi_document()["paths"]
    return [(path, method, one) for path, methods in paths.items() for method, one in methods.items()]


def test_every_operation_is_there_with_all_that_the_document_says(page: str) -> None:
    schemas = openapi_document()["components"]["schemas"]
    assert len(operations()) > 40
    for path, method, one in operations():
        shown = part(page, one["operationId"])
        said = [f">{method.upper()}<", f"<code>{path}</code>", one["summary"], *one["responses"]]
        said += [scope for need in one["security"] for scope in need["oauth2"]]
        said += [f"<code>{parameter['name']}</code>" for parameter in one.get("parameters", ())]
        if "requestBody" in one:
            body = one["requestBody"]["content"]["application/json"]["schema"]
            body = schemas[body["$ref"].rpartition("/")[2]] if "$ref" in body else body
            said += [f"<code>{name}</code>" for name in body["properties"]]
            assert shown.count('class="api-required"') >= len(body.get("required", ()))
        missing = [words for words in said if words not in shown]
        assert not missing, f"{method} {path}: {missing}"


def test_limits_and_choices_of_a_field_are_there(page: str) -> None:
    shown = part(page, "change_user")
    assert "maxLength: 150" in shown
    assert "<code>contractor</code>" in shown
    assert "string | null (date)" in shown


def test_each_link_within_the_page_leads_somewhere_once(page: str) -> None:
    anchors = re.findall(r'\sid="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    targets = set(re.findall(r"""href=["']#([^"']+)""", page))
    assert targets <= set(anchors), targets - set(anchors)
    assert {one["operationId"] for _path, _method, one in operations()} <= targets


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs_inline(page: str) -> None:
    loaded = RUNS_OR_LOADS.findall(page)
    assert loaded
    assert all(address.startswith("/static/") for address in loaded), loaded
    assert "<style" not in page
    assert " style=" not in page
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert not re.search(r"\son[a-z]+=", page)
    assert 'href="/api/schema/"' in page


def test_it_is_made_once_and_asks_the_database_nothing() -> None:
    made = api_reference()
    # A test without the mark for it may ask no database at all.
    answer = Browser().get(ADDRESS)
    assert answer.status_code == 200
    assert answer.context["reference"] is made


def test_examples_can_be_pasted_into_a_shell() -> None:
    for resource in api_reference().resources:
        for one in resource.operations:
            assert one.example.startswith("curl")
            assert "$BASE/api/v1/" in one.example
            assert "{" not in one.example.partition("-d '")[0], one.example
            assert one.example.count("'") in {0, 2}, one.example
            assert ("If-Match" in one.example) == any(
                parameter.name == "If-Match" for parameter in one.parameters
            )


@pytest.mark.django_db
def test_its_own_words_are_in_the_language_of_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    with pseudo_language(monkeypatch):
        answer = Browser(HTTP_ACCEPT_LANGUAGE=PSEUDO).get(ADDRESS)
        assert not leftovers(answer.content.decode())
