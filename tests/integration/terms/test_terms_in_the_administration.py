"""Terms are drafted, published and withdrawn in the administration; published words stay as they are."""

from functools import partial

import pytest
from django.db import IntegrityError
from django.utils import timezone

from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.terms.models import Acceptance, TermsVersion
from apps.terms.services.publishing import publish_terms
from tests.factories.people import make_user
from tests.factories.terms import accept, make_version
from tests.integration.admin.desk import (
    action_page,
    adding,
    at_desk,
    errors_of,
    events,
    listing,
    make_staff,
    make_superuser,
    page_of,
    save,
    submission,
    text_of,
    the_event,
)
from tests.integration.signin.together import at_once

MODEL = "terms.termsversion"
WORDS = {"title_en": "Terms", "text_en": "Be kind."}


@pytest.mark.django_db
def test_draft_is_written_changed_published_and_stays_as_it_is() -> None:
    root = make_superuser()
    desk = at_desk(root)
    save(desk, adding(MODEL), **WORDS)
    draft = TermsVersion.objects.get()
    assert the_event("terms.drafted").personal["after"]["text_en"] == "Be kind."
    save(desk, page_of(draft), text_en="Be kinder.")
    assert the_event("terms.changed").personal["before"] == {"text_en": "Be kind."}
    opened = desk.get(page_of(draft))
    asked = text_of(desk.get(action_page(draft, "publish")))
    assert "Asks 1 person" in asked
    desk.post(action_page(draft, "publish"), {"confirmed": "yes"})
    draft.refresh_from_db()
    assert (draft.state, draft.number) == ("in_force", 1)
    event = the_event("terms.published")
    assert event.details == {"document": "terms", "number": 1, "digest": draft.digest, "superseded": None}
    # Whoever published it reads it as everybody does.
    assert desk.get(page_of(draft))["Location"].startswith("/account/terms?")
    accept(root, draft)
    assert desk.post(page_of(draft), submission(opened, text_en="Be cruel.")).status_code == 403
    assert desk.post(page_of(draft, "delete"), {"confirmed": "yes"}).status_code == 403
    draft.refresh_from_db()
    assert draft.text_en == "Be kinder."
    page = text_of(desk.get(page_of(draft)))
    assert "1; people who can sign in: 1" in page


@pytest.mark.django_db
def test_next_version_starts_from_the_last_and_takes_its_place() -> None:
    root, first = make_superuser(), make_version()
    accept(root, first)
    desk = at_desk(root)
    save(desk, f"{adding(MODEL)}?document=terms", title_de="Bedingungen", text_de="Nett sein.")
    draft = TermsVersion.objects.get(state="draft")
    assert draft.text_en == first.text_en
    desk.post(action_page(draft, "publish"), {"confirmed": "yes"})
    first.refresh_from_db()
    draft.refresh_from_db()
    assert (first.state, draft.state, draft.number) == ("superseded", "in_force", 2)
    assert the_event("terms.published").details["superseded"] == str(first.pk)
    accept(root, draft)
    desk.post(action_page(draft, "withdraw"), {"confirmed": "yes"})
    draft.refresh_from_db()
    assert draft.state == "withdrawn"
    the_event("terms.withdrawn")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({"title_en": "Terms"}, "Write both title and text, or neither."),
        ({**WORDS, "text_de": "Nett sein."}, "Write both title and text, or neither."),
        ({"title_de": "Bedingungen", "text_de": "Nett sein."}, "own language at least"),
    ],
)
def test_half_written_terms_are_not_saved(words: dict[str, str], problem: str) -> None:
    desk = at_desk(make_superuser())
    answer = desk.post(adding(MODEL), submission(desk.get(adding(MODEL)), **words))
    assert problem in errors_of(answer)


@pytest.mark.django_db
def test_publishing_is_a_right_of_its_own() -> None:
    draft = TermsVersion.objects.create(**WORDS)
    writer = at_desk(make_staff("terms.view_termsversion", "terms.change_termsversion"))
    assert writer.post(action_page(draft, "publish"), {"confirmed": "yes"}).status_code == 403
    save(writer, page_of(draft), text_en="Be kinder.")
    publisher = at_desk(make_staff("terms.view_termsversion", "terms.publish_termsversion"))
    publisher.post(action_page(draft, "publish"), {"confirmed": "yes"})
    draft.refresh_from_db()
    assert draft.state == "in_force"


@pytest.mark.django_db
def test_draft_is_read_beforehand_by_those_who_work_on_it() -> None:
    draft = TermsVersion.objects.create(**WORDS)
    address = f"/account/terms/{draft.pk}"
    assert "Be kind." in text_of(at_desk(make_staff("terms.view_termsversion")).get(address))
    assert at_desk(make_staff("directory.view_user")).get(address).status_code == 404


@pytest.mark.django_db
def test_acceptances_are_found_by_person_and_version() -> None:
    root, kim, lee = make_superuser(), make_user(display_name="Kim Ford"), make_user(display_name="Lee West")
    terms, privacy = make_version(), make_version(document="privacy")
    for version in (terms, privacy):
        accept(root, version)
    accept(kim, terms)
    accept(lee, privacy)
    desk, acceptances = at_desk(root), listing("terms.acceptance")

    def found(query: str) -> set[str]:
        page = text_of(desk.get(f"{acceptances}?{query}"))
        return {name for name in ("Kim Ford", "Lee West") if name in page}

    assert found("") == {"Kim Ford", "Lee West"}
    assert found("q=kim") == {"Kim Ford"}
    assert found(f"terms={privacy.pk}") == {"Lee West"}
    assert found("terms=junk") == set()


@pytest.mark.django_db(transaction=True)
def test_of_two_drafts_published_at_once_one_is_in_force_and_one_was() -> None:
    drafts = [TermsVersion.objects.create(**WORDS) for _ in range(4)]

    def publishing(draft: TermsVersion) -> bool:
        return publish_terms(version_id=draft.pk, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now())

    tries = [partial(publishing, draft) for draft in drafts for _ in range(2)]
    assert sum(at_once(tries)) == len(drafts)
    assert set(TermsVersion.objects.values_list("number", flat=True)) == {1, 2, 3, 4}
    assert TermsVersion.objects.filter(state="in_force").count() == 1
    assert len(events("terms.published")) == len(drafts)


@pytest.mark.django_db
def test_what_says_nothing_is_not_published() -> None:
    empty = TermsVersion.objects.create()
    assert not publish_terms(version_id=empty.pk, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now())
    assert events("terms.published") == []


@pytest.mark.django_db
def test_database_holds_one_version_in_force() -> None:
    make_version()
    with pytest.raises(IntegrityError):
        make_version()


@pytest.mark.django_db
def test_person_with_acceptances_can_be_erased() -> None:
    user = make_user()
    accept(user, make_version())
    user.delete()
    assert not Acceptance.objects.exists()
