"""An organisation that writes Greek, with something on every page of the administration."""

from datetime import timedelta

from django.test import Client as Browser
from django.utils import timezone

from apps.access.models import Assignment
from apps.audit.services.sealing import seal_pending
from apps.audit.services.verification import record_verification, verify_log
from apps.directory.models import Group, Membership, User
from apps.jobs.models import Job
from apps.oauth.models import Consent, Scope
from apps.signin.models import AddressThrottle, RecognisedBrowser
from apps.terms.models import Acceptance, TermsVersion
from tests.factories.clients import make_client, make_pkce, obtain_code
from tests.factories.keys import make_signing_keys
from tests.factories.people import make_user, sign_in
from tests.factories.terms import make_version
from tests.integration.admin.desk import make_role

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def make_person(**fields: object) -> User:
    names = {"given_name": "Άννα", "family_name": "Παππά", "display_name": "Άννα Παππά"}
    words = {"department": "Λογιστήριο", "job_title": "Λογίστρια", "employee_number": "", "locale": "de"}
    return make_user(**(names | words | fields))


def make_terms(*readers: User) -> None:
    """In force and accepted, and a draft of the next ones."""
    text = "\n\n".join(("# Πρώτα", "Διαβάστε.", "- Γράψτε", "- Μιλήστε"))
    words = {"title_en": "Όροι χρήσης", "text_en": text}
    version = make_version(**words)
    TermsVersion.objects.create(**words)
    for reader in readers:
        Acceptance.objects.create(user=reader, version=version, accepted_at=timezone.now(), language="en")


def make_organisation() -> User:
    """Everything there is a list of; the superuser who looks at it."""
    now = timezone.now()
    make_signing_keys()
    root = make_person(is_staff=True, is_superuser=True, time_zone="Europe/Athens")
    person = make_person(manager=root, locked_until=now + timedelta(hours=1), failed_sign_ins=5)
    client = make_client(name="Μισθοί")
    application = client.row.application
    application.description, application.owner = "Δείτε τη μισθοδοσία σας", root
    application.save()
    Scope.objects.create(name="payroll:read", title="Δείτε τους μισθούς", description="Μόνο τους δικούς σας")
    group = Group.objects.create(name="Λογιστές", description="Όλοι όσοι μετράνε")
    Membership.objects.create(group=group, user=person)
    role = make_role(
        "directory.view_user",
        "oauth.change_client",
        name="Ελεγκτές",
        slug="elegktes",
        application=application,
    )
    for holder in ({"user": person}, {"group": group}):
        Assignment.objects.create(
            role=role, reason="Χρειάζεται", valid_until=now + timedelta(days=30), **holder
        )
    Assignment.objects.create(
        role=role, user=root, valid_from=now - timedelta(days=9), valid_until=now - timedelta(days=2)
    )
    make_terms(root, person)
    AddressThrottle.objects.create(
        address="192.0.2.7", failed_sign_ins=50, locked_until=now + timedelta(hours=1)
    )
    RecognisedBrowser.objects.create(user=person, token_digest="digest", created_at=now, last_used_at=now)
    browser = Browser(HTTP_USER_AGENT=BROWSER)
    browser.post("/login/", {"identifier": "nobody", "password": "wrong"})
    browser.post("/login/", {"identifier": root.username, "password": "wrong"})
    sign_in(browser, root)
    obtain_code(browser, client, make_pkce())
    Job.objects.create(
        kind="keys.reencrypt",
        key="k1",
        payload="{}",
        state=Job.State.DEAD,
        attempts=5,
        next_attempt_at=now,
        created_at=now,
    )
    seal_pending(now=now)
    record_verification(report=verify_log(now=now), now=now)
    assert Consent.objects.exists()
    return root
