"""A small organisation with one of everything, so that each address has something to be about."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from apps.access.models import Application, Assignment, Role
from apps.audit.models import AuditEvent, AuditVerificationRun, ReaderCursor, SealBatch, SetAsideEvent
from apps.audit.services.sealing import seal_pending
from apps.directory.models import Attribute, Group, Membership, OneTimeLink, PasswordPolicy, Unit, User
from apps.jobs.models import Job
from apps.keys.models import SigningKey
from apps.oauth.models import Authorization, Client, Scope
from apps.signin.models import AddressThrottle, NoticePolicy, RecognisedBrowser, Session
from apps.terms.models import Acceptance, TermsVersion
from apps.transfer import acme
from tests.factories.clients import make_client
from tests.factories.keys import make_signing_keys
from tests.factories.people import make_user
from tests.factories.terms import make_version
from tests.integration.admin.desk import assign, make_role

ANONYMOUS, PLAIN, STAFF, DELEGATED, SUPERUSER = "anonymous", "plain", "staff", "delegated", "superuser"
# Who answers for people and what they hold, and for nothing else.
DELEGATED_RIGHTS = (
    *(f"directory.{verb}_user" for verb in ("view", "add", "change")),
    *(f"directory.{verb}_group" for verb in ("view", "add", "change")),
    *(f"directory.{verb}_membership" for verb in ("view", "add", "delete")),
    "access.view_application",
    "access.view_role",
    *(f"access.{verb}_assignment" for verb in ("view", "add", "change")),
    "signin.view_session",
    "signin.change_session",
    "audit.view_auditevent",
)
SEEDED = {f"seeded: {role.name}": role for role in acme.ROLES}
EVERYBODY = (ANONYMOUS, PLAIN, *SEEDED, STAFF, DELEGATED, SUPERUSER)


@dataclass(frozen=True)
class Visitor:
    user: User | None
    rights: frozenset[str]
    is_staff: bool = False
    is_superuser: bool = False

    def holds(self, right: str) -> bool:
        return self.is_superuser or (self.is_staff and right in self.rights)


def visitor(who: str) -> Visitor:
    if who == ANONYMOUS:
        return Visitor(None, frozenset())
    if who in SEEDED:
        seed = SEEDED[who]
        rights = frozenset(seed.permissions)
        user = make_user(is_staff=bool(rights))
        assign(make_role(*rights, name=seed.name, slug=seed.slug), user)
        return Visitor(user, rights, is_staff=user.is_staff)
    user = make_user(is_staff=who in {STAFF, DELEGATED, SUPERUSER}, is_superuser=who == SUPERUSER)
    if who == DELEGATED:
        assign(make_role(*DELEGATED_RIGHTS), user)
        return Visitor(user, frozenset(DELEGATED_RIGHTS), is_staff=True)
    return Visitor(user, frozenset(), is_staff=user.is_staff, is_superuser=user.is_superuser)


class Organisation:
    """Somebody else's things: what an address of one's own account names must not be there for the visitor."""

    def __init__(self) -> None:
        now = timezone.now()
        make_signing_keys()
        self.person = make_user(display_name="Somebody else")
        self.group = Group.objects.create(name="Night watch")
        Membership.objects.create(user=self.person, group=self.group)
        client = make_client().row
        self.client: Client = client
        self.role: Role = make_role(application=client.application, name="Watcher", slug="watcher")
        self.session = Session.objects.create(
            user=self.person,
            started_at=now,
            authenticated_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(hours=8),
        )
        self.browser = RecognisedBrowser.objects.create(
            user=self.person, token_digest="d", created_at=now, last_used_at=now
        )
        self.withdrawn = make_version(state=TermsVersion.State.WITHDRAWN)
        self.made: dict[type[Any], Callable[[], Any]] = {
            User: lambda: self.person,
            Group: lambda: self.group,
            PasswordPolicy: PasswordPolicy.objects.create,
            Attribute: lambda: Attribute.objects.create(slug="badge_number", label="Badge number"),
            Unit: lambda: Unit.objects.create(name="Night shift"),
            OneTimeLink: lambda: OneTimeLink.objects.create(
                user=self.person,
                purpose="invitation",
                token_digest="d",
                created_at=now,
                expires_at=now + timedelta(days=7),
            ),
            NoticePolicy: NoticePolicy.objects.create,
            Application: lambda: client.application,
            Role: lambda: self.role,
            Assignment: lambda: assign(self.role, self.person),
            Client: lambda: client,
            Scope: lambda: Scope.objects.create(name="wiki:read", title="Read"),
            Authorization: lambda: Authorization.objects.create(
                user=self.person,
                client=client,
                session=self.session,
                scope="openid",
                auth_time=now,
                created_at=now,
            ),
            Session: lambda: self.session,
            TermsVersion: lambda: TermsVersion.objects.create(title_en="Terms", text_en="Be kind."),
            Acceptance: lambda: Acceptance.objects.create(
                user=self.person, version=self.withdrawn, accepted_at=now, language="en"
            ),
            RecognisedBrowser: lambda: self.browser,
            AddressThrottle: lambda: AddressThrottle.objects.create(
                address="192.0.2.1", failed_sign_ins=60, locked_until=now + timedelta(minutes=30)
            ),
            SigningKey: lambda: SigningKey.objects.earliest("created_at"),
            Job: lambda: Job.objects.create(
                kind="unknown",
                payload="{}",
                state="dead",
                created_at=now,
                next_attempt_at=now,
                actor_kind="system",
            ),
            AuditEvent: lambda: AuditEvent.objects.latest("id"),
            SealBatch: lambda: (seal_pending(now=now), SealBatch.objects.latest("number"))[1],
            AuditVerificationRun: lambda: AuditVerificationRun.objects.create(
                started_at=now,
                finished_at=now,
                is_intact=True,
                sealed_count=0,
                erased_count=0,
                unsealed_count=0,
                witnessed_count=0,
                finding_count=0,
            ),
            ReaderCursor: lambda: ReaderCursor.objects.create(name="unknown"),
            SetAsideEvent: lambda: SetAsideEvent.objects.create(
                reader="unknown", seal_number=1, event_id=uuid4(), error="x", set_aside_at=now
            ),
        }
        self._kept: dict[type[Any], Any] = {}

    def one(self, model: type[Any]) -> Any:
        if model not in self._kept:
            self._kept[model] = self.made[model]()
        return self._kept[model]
