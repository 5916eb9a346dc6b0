"""Defining the scopes of the installation's own APIs."""

from collections.abc import Mapping

from django.db import transaction

from apps.audit.ports import Subject
from apps.audit.services.changes import Writing, snapshot
from apps.core.saving import save_valid
from apps.oauth.events import OAuthAction
from apps.oauth.models import Scope


@transaction.atomic
def create_scope(*, name: str, title: str, description: str, writing: Writing) -> Scope:
    """Raises: ValidationError naming the fields that were not accepted."""
    scope = Scope(name=name, title=title, description=description)
    save_valid(scope, is_new=True)
    writing.record(OAuthAction.SCOPE_CREATED, scope, target=_subject(scope), before=None)
    return scope


@transaction.atomic
def change_scope(*, scope: Scope, changes: Mapping[str, str], writing: Writing) -> bool:
    """Whether anything was changed. Raises: ValidationError naming the fields that were not accepted."""
    before = snapshot(scope)
    for name, value in changes.items():
        setattr(scope, name, value)
    save_valid(scope)
    return writing.record(OAuthAction.SCOPE_CHANGED, scope, target=_subject(scope), before=before)


@transaction.atomic
def delete_scope(*, scope: Scope, writing: Writing) -> None:
    before, subject = snapshot(scope), _subject(scope)
    scope.delete()
    writing.record_gone(OAuthAction.SCOPE_DELETED, target=subject, before=before)


def _subject(scope: Scope) -> Subject:
    return Subject(kind="scope", id=str(scope.pk), label=str(scope))
