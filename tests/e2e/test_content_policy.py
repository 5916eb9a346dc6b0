"""What each page may load and run, judged by a real browser: no page asks for more than its policy allows.

Outside /admin/ no page may run or style anything inline; the theme's looser policy is confined to /admin/.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, Response

from apps.core.middleware.headers import ADMIN_POLICY
from tests.e2e.conftest import Person, RelyingParty
from tests.e2e.steps import authorization_url, fill_in, sign_in
from tests.integration.whole_site.addresses import routes
from tests.integration.whole_site.table import ACTIONS, SINGLE_PAGES, model_of, row_of, tail_of
from tests.services.gatehouse import Gatehouse

UNSAFE = re.compile(r"unsafe-inline|unsafe-eval|unsafe-hashes|\*|https?://\*")
# Runs before anything of the page: what the browser refuses is kept for us.
LISTEN = """
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.refused.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
"""
# One key of each model, and one address of each kind that is not in the administration.
KEYS = """
import json
from django.contrib import admin
from apps.mail.models import KeptMail
from apps.signin.models import Session
found = {
    model._meta.label_lower: str(model._base_manager.values_list("pk", flat=True).first() or "")
    for model in admin.site._registry if model._meta.managed
}
found["mail"] = str(KeptMail.objects.values_list("pk", flat=True).first() or "")
print(json.dumps(found))
"""
FURNISH = """
from datetime import UTC, datetime
from apps.audit.services.sealing import seal_pending
from apps.directory.models import PasswordPolicy
from apps.signin.models import AddressThrottle
AddressThrottle.objects.create(address="192.0.2.1", failed_sign_ins=60, first_failed_at=datetime.now(UTC))
PasswordPolicy.objects.exists() or PasswordPolicy.objects.create()
"""
# They frame a letter, or are one, which is shut in a sandbox and can run nothing; its own style is in the mail.
LETTER = re.compile(r"/mail/[0-9a-f-]+/letter$")


@dataclass(frozen=True)
class Acme:
    server: Gatehouse
    admin: Person
    keys: dict[str, str]


@pytest.fixture(scope="module")
def acme(demonstration: tuple[Gatehouse, Person]) -> Acme:
    server, admin = demonstration
    server.manage("shell", "--no-imports", "-c", FURNISH)
    server.manage("verify_audit_log", check=False)
    keys = json.loads(server.manage("shell", "--no-imports", "-c", KEYS).stdout)
    return Acme(server, admin, keys)


class Judge:
    """Looks at each page that it is sent to, and keeps what is wrong with it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.seen: dict[str, int] = {}
        page.add_init_script(LISTEN)

    def open(self, address: str) -> None:
        response = self.page.goto(address, wait_until="load")
        if response is not None:
            self.look(response)

    def look(self, response: Response) -> None:
        path = re.sub(r"https?://[^/]+", "", response.url).partition("?")[0]
        self.seen[path] = response.status
        policy = response.headers.get("content-security-policy", "")
        if path.startswith("/admin/"):
            if policy != ADMIN_POLICY:
                self.complaints.append(f"{path} has another policy: {policy}")
        elif LETTER.search(path):
            if not policy.startswith("sandbox; default-src 'none'") or "script-src" in policy:
                self.complaints.append(f"{path} is not shut in: {policy}")
        elif not policy.startswith("default-src 'none'; ") or UNSAFE.search(policy):
            self.complaints.append(f"{path} may do too much: {policy!r}")
        if response.status >= 500:
            self.complaints.append(f"{path} broke: {response.status}")
        self.listen(path)

    def listen(self, path: str) -> None:
        """What the page in front of us was refused until now."""
        refused: Any = self.page.evaluate("window.refused || []")
        if not self.page.evaluate("document.querySelector('link[rel~=icon]') !== null"):
            self.complaints.append(f"{path} has no icon, which the browser looks for elsewhere then")
        self.complaints += [f"{path}: {each}" for each in refused]


def addresses(keys: dict[str, str]) -> list[str]:
    """Those that the demonstration has something for."""
    found: list[str] = []
    for route in routes():
        row = row_of(route)
        if row is not None:
            # What is for machines is no page.
            if "<" not in route and row.without_token is not None:
                found.append(f"/{route}")
            continue
        label = model_of(route)
        if not label or (label in SINGLE_PAGES and tail_of(route)):
            continue
        key = keys.get(label, "")
        if "<path:object_id>" in route and not key:
            continue
        address = route.replace("<path:object_id>", key)
        names = ACTIONS.get(label, {}) if "<slug:action_name>" in route else [""]
        found += [f"/{address.replace('<slug:action_name>', name)}" for name in names]
    return found


def judged(judge: Judge, acme: Acme, paths: list[str]) -> None:
    for path in paths:
        judge.open(f"{acme.server.base_url}{path}")
    assert not judge.complaints, "\n".join(judge.complaints)


def test_pages_that_nobody_has_to_sign_in_for(page: Page, acme: Acme) -> None:
    judge = Judge(page)
    paths = ["/", "/login/", "/login/?next=/account/apps", "/logout/", "/oauth/authorize", "/oauth/logout"]
    judged(
        judge,
        acme,
        [*paths, "/nowhere", "/admin/", "/account/profile", "/mail/", "/administration/", "/api/docs/"],
    )
    page.goto(f"{acme.server.base_url}/login/")
    fill_in(page, acme.admin, password="wrong")
    page.get_by_role("alert").wait_for()
    judge.listen("/login/ refused")
    assert not judge.complaints, "\n".join(judge.complaints)


def test_every_page_of_the_portal_and_the_administration(page: Page, acme: Acme) -> None:
    judge = Judge(page)
    sign_in(page, acme.server.base_url, acme.admin)
    paths = addresses(acme.keys)
    lists = [path for path in paths if path.startswith("/admin/")]
    assert len(lists) > 80, lists
    extra = [
        "/?q=nothing%20of%20that%20name",
        "/account/activity?kind=security",
        f"/admin/directory/user/{acme.keys['directory.user']}/password/",
        f"/admin/oauth/client/{acme.keys['oauth.client']}/secret/",
        "/admin/nowhere/",
        "/admin/audit/auditevent/?q=clara",
        "/account/sessions/00000000-0000-4000-8000-000000000000/end",
        "/mail/00000000-0000-4000-8000-000000000000/",
    ]
    # Whose page it is signs out.
    judged(judge, acme, [path for path in [*paths, *extra] if path != "/logout/"])
    assert judge.seen["/account/activity"] == judge.seen["/admin/directory/user/"] == 200
    assert judge.seen["/account/sessions/00000000-0000-4000-8000-000000000000/end"] == 405


def test_consent_and_what_comes_of_it(page: Page, acme: Acme, application_url: str) -> None:
    judge = Judge(page)
    callback = f"{application_url}/callback"
    made = acme.server.manage(
        *("clients", "create", "--name", "Looked at", "--kind", "spa", "--redirect-uri", callback, "--json")
    )
    client = RelyingParty(json.loads(made.stdout)["client_id"], "Looked at", callback)
    sign_in(page, acme.server.base_url, acme.admin)
    asked = page.goto(authorization_url(acme.server.base_url, client))
    assert asked is not None
    judge.look(asked)
    # A form that leads to the application: the policy names its origin, and the browser lets it through.
    page.get_by_role("button", name="Allow", exact=True).click()
    page.get_by_role("heading", name="Acme").wait_for()
    judge.open(f"{acme.server.base_url}/account/apps")
    page.get_by_role("link", name="Remove access of Looked at").click()
    judge.listen("/account/apps/…")
    assert not judge.complaints, "\n".join(judge.complaints)


def test_answers_for_machines_have_the_policy_too(page: Page, acme: Acme) -> None:
    """A browser shows them as well, if somebody makes it."""
    for route in routes():
        row = row_of(route)
        if row is not None and row.without_token is None and "<" not in route:
            answer = page.request.get(f"{acme.server.base_url}/{route}")
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; "), route
            assert not UNSAFE.search(policy), route


@pytest.mark.parametrize(
    "path", ["/Admin/", "/administration/", "//admin/", "/x/admin/", "/login/?next=/admin/"]
)
def test_looser_policy_is_confined_to_the_administration(page: Page, acme: Acme, path: str) -> None:
    answer = page.request.get(f"{acme.server.base_url}{path}", max_redirects=0)
    assert not UNSAFE.search(answer.headers["content-security-policy"]), path
