"""Questions about people."""

from datetime import tzinfo
from uuid import UUID

from django.db.models import Case, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Lower
from django.utils.crypto import salted_hmac

from apps.audit.ports import Subject
from apps.directory.models import PasswordPolicy, User
from apps.directory.password_rules import RuleInWords, in_words
from apps.directory.time_zones import zone_named


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


def password_rules_in_words() -> list[RuleInWords]:
    """What a new password needs, as the page lists it on which one is chosen."""
    return in_words(password_policy().rules)


def person(user_id: UUID | str) -> User | None:
    return User.objects.filter(pk=user_id).first()


def as_person(value: object) -> User | None:
    """The value if it is a person of ours and not, say, Django's anonymous user."""
    return value if isinstance(value, User) else None


def subject_of(user: User) -> Subject:
    """The person as audit events name them: an opaque id, and the user name among the personal values."""
    return Subject(kind="user", id=str(user.pk), label=user.username)


def time_zone_of(user: User) -> tzinfo:
    return zone_named(user.time_zone)
