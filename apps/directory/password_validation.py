"""The password policy as Django asks for it: by `validate_password`, wherever a password is set."""

from typing import Any

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError

from apps.directory.models import FormerPassword, PasswordPolicy, User
from apps.directory.password_rules import Violation, used_before, violations
from apps.directory.selectors import password_policy, password_rules_in_words

PERSONAL_FIELDS = ("username", "email", "given_name", "family_name", "display_name", "employee_number")


class PolicyValidator:
    def validate(self, password: str, user: Any = None) -> None:
        policy = password_policy()
        personal = [getattr(user, name, "") for name in PERSONAL_FIELDS]
        found = violations(password, rules=policy.rules, personal=personal)
        # Former passwords are as slow to try as any: only what is good enough otherwise is held against them.
        if not found and isinstance(user, User) and _is_used(password, user, policy):
            found = [used_before(policy.rules)]
        if found:
            raise ValidationError([_as_error(one) for one in found])

    def get_help_text(self) -> str:
        return "; ".join(rule.words for rule in password_rules_in_words())


def _as_error(violation: Violation) -> ValidationError:
    return ValidationError(violation.words, code=f"password_{violation.rule.value}")


def _is_used(password: str, user: User, policy: PasswordPolicy) -> bool:
    """Whether it is one of the last ones, the present one among them. Each is tried with its own parameters."""
    if not policy.history:
        return False
    # At most two dozen, as the policy's own limit has it.
    former = FormerPassword.objects.filter(user_id=user.pk).order_by("-replaced_at", "-pk")
    hashes = [user.password, *former.values_list("password", flat=True)[: policy.history - 1]]
    return any(check_password(password, one) for one in hashes if one)
