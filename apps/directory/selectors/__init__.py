"""Questions about people."""

from collections.abc import Collection, Iterable
from datetime import datetime, tzinfo
from uuid import UUID

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Case, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import get_supported_language_variant
from django.utils.translation import gettext as _

from apps.audit.ports import Subject
from apps.directory.models import PasswordPolicy, User
from apps.directory.password_rules import RuleInWords, in_words
from apps.directory.time_zones import zone_named, zones_by_area

Choices = list[tuple[str, str | list[tuple[str, str]]]]


def person_by_identifier(identifier: str) -> User | None:
    """The person that a typed user name or verified e-mail address means, or nobody."""
    if not identifier or "\x00" in identifier:
        return None
    typed = Lower(Value(identifier))
    by_email = Q(lower_email=typed, is_email_verified=True) & ~Q(email="")
    return (
        # Lower() and the condition on the empty e-mail are those of the unique indexes, which answer this.
        User.objects.alias(lower_username=Lower("username"), lower_email=Lower("email"))
        .filter(Q(lower_username=typed) | by_email)
        # A user name may look like an e-mail address; then it is its owner's before it is anybody's mailbox.
        .order_by(Case(When(lower_username=typed, then=0), default=1))
        .first()
    )


def hash_for_nobody(identifier: str) -> str:
    """A password hash to try when an identifier means nobody: that of one person, the same one at each try.

    So what such a try costs tells nothing: as many names of nobody cost what imported hashes cost as there are people
    with imported hashes, and they stop to when the person signs in. Empty while there are no people.
    """
    seed = salted_hmac("gatehouse.hash_for_nobody", identifier.lower(), algorithm="sha256").digest()
    people = User.objects.order_by("pk").values("pk")
    chosen = Coalesce(Subquery(people.filter(pk__gte=UUID(bytes=seed[:16]))[:1]), Subquery(people.all()[:1]))
    return User.objects.filter(pk=chosen).values_list("password", flat=True).first() or ""


def password_policy() -> PasswordPolicy:
    """The version in force; what is built in, which has no number, until there is one."""
    return PasswordPolicy.objects.order_by("-pk").first() or PasswordPolicy()


def password_rules_in_words(*, is_own: bool = True) -> list[RuleInWords]:
    """What a new password needs, as the page lists it on which one is chosen."""
    return in_words(password_policy().rules, is_own=is_own)


def people() -> QuerySet[User]:
    return User.objects.all()


def person(user_id: UUID | str) -> User | None:
    return User.objects.filter(pk=user_id).first()


def people_who_sign_in(*, now: datetime) -> QuerySet[User]:
    """All who may at this moment, but for the accounts of programs."""
    able = User.objects.get_queryset().able_to_sign_in(now=now)
    return able.exclude(employee_type=User.EmployeeType.SERVICE)


def is_service_account(user: User) -> bool:
    """Whether a program sits behind it, and nobody who could read anything."""
    return user.employee_type == User.EmployeeType.SERVICE


def as_person(value: object) -> User | None:
    """The value if it is a person of ours and not, say, Django's anonymous user."""
    return value if isinstance(value, User) else None


def able_administrators(*, now: datetime) -> QuerySet[User]:
    """Those who can sign in, and may do everything."""
    able = User.objects.get_queryset().able_to_sign_in(now=now).filter(is_superuser=True, is_staff=True)
    return able.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)


def last_superuser_among(people: QuerySet[User], *, now: datetime) -> bool:
    """Whether nobody who may do everything would be left if these people could no longer sign in.

    Somebody whose time is limited, or who has no password, is nobody to rely on.
    """
    lasting = (
        User.objects.get_queryset()
        .able_to_sign_in(now=now)
        .filter(is_superuser=True, is_staff=True, ends_on=None)
    )
    left = lasting.exclude(pk__in=people.values("pk")).exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return people.filter(is_superuser=True).exists() and not left.exists()


def subject_of(user: User) -> Subject:
    """The person as audit events name them: an opaque id, and the user name among the personal values."""
    return Subject(kind="user", id=str(user.pk), label=user.username)


def time_zone_of(user: User) -> tzinfo:
    return zone_named(user.time_zone)


def language_of(user: User) -> str | None:
    """The language of the pages that comes nearest to the person's own; None when there is none, or they leave it to
    the browser."""
    if not user.locale:
        return None
    try:
        return get_supported_language_variant(user.locale)
    except LookupError:
        return None


def display_names(user_ids: Collection[str]) -> dict[str, str]:
    """By id, of those there are."""
    found = User.objects.filter(pk__in=user_ids).values_list("pk", "display_name")
    return {str(pk): name for pk, name in found}


def time_zone_choices(present: str) -> Choices:
    """By area, with what the record says even if it is not offered any more."""
    areas = zones_by_area()
    offered = {"UTC"}.union(*areas.values())
    kept: Choices = [] if present in offered else [(present, present)]
    return [
        *kept,
        ("UTC", "UTC"),
        *((area, [(name, name) for name in names]) for area, names in areas.items()),
    ]


def language_choices(present: str) -> Choices:
    """The languages there are pages in, with what the record says even if it is none of them."""
    offered = [("", _("As the browser says")), *((code, str(name)) for code, name in settings.LANGUAGES)]
    if present in dict(offered):
        return [*offered]
    return [*offered, (present, LANG_INFO.get(present, {}).get("name_local", present))]


def field_titles(names: Iterable[str]) -> list[str]:
    """What the pages call these fields of a person's record, in its order; those it does not have are left out."""
    wanted = set(names)
    return [str(field.verbose_name) for field in User._meta.concrete_fields if field.name in wanted]
