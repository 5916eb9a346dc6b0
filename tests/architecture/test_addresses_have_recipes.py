"""Every address, model and action of the project is in the table that says who gets what there."""

from django.contrib import admin

from apps.audit.admin_pages import additions_to
from tests.integration.whole_site.addresses import routes
from tests.integration.whole_site.table import (
    ACTIONS,
    ADMIN_APP,
    ADMIN_SIGN_IN,
    FOR_ALL,
    FOR_STAFF,
    MODELS,
    MORE,
    ROWS,
    is_known,
)

WHERE = "tests/integration/whole_site/table.py says nothing about"


def test_each_address_is_in_the_table() -> None:
    unknown = [route for route in routes() if not is_known(route)]
    assert not unknown, f"{WHERE} {', '.join(unknown)}"


def test_table_names_nothing_that_is_not_there() -> None:
    there = {*routes(), ADMIN_SIGN_IN, ADMIN_APP}
    gone = {*ROWS, *MORE, *FOR_STAFF, *FOR_ALL} - there
    assert not gone, gone


def test_each_model_and_action_of_the_administration_is_in_the_table() -> None:
    found = {model._meta.label_lower: one for model, one in admin.site._registry.items()}
    assert set(found) == set(MODELS), f"{WHERE} {set(found) ^ set(MODELS)}"
    for label, one in found.items():
        kind = getattr(one, "kind", None)
        actions = [*getattr(one, "object_actions", ()), *(additions_to(kind()).actions if kind else ())]
        names = {action.name for action in actions}
        assert names == set(ACTIONS.get(label, {})), f"{WHERE} actions of {label}: {names}"
