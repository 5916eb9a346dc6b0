"""Scopes of the API. Each app registers its own, and the rights that each of them stands for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apps.core.ports import Registry

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Nobody else's scope begins like this.
PREFIX = "gatehouse:"


@dataclass(frozen=True)
class ApiScope:
    """`rights` are names of permissions: a client that acts for itself has those of its scopes, and no others."""

    name: str
    title: StrOrPromise
    description: StrOrPromise
    rights: frozenset[str]


@dataclass(frozen=True)
class Need:
    """What an operation asks for: the token must carry the scope, and whoever acts must hold one of the rights."""

    scope: ApiScope
    right: str
    or_right: str = ""

    def is_met_by(self, by: Any) -> bool:
        return bool(by.has_perm(self.right) or (self.or_right and by.has_perm(self.or_right)))


api_scopes: Registry[ApiScope] = Registry("core.api.scopes")


def register_scopes(*scopes: ApiScope) -> None:
    for scope in scopes:
        api_scopes.register(scope)


def scopes_named(names: Iterable[str]) -> list[ApiScope]:
    wanted = frozenset(names)
    return [scope for scope in api_scopes if scope.name in wanted]


def may_give(by: Any, names: Iterable[str]) -> bool:
    """Nobody lets a client do what they may not do: with its secret they could do it themselves."""
    return bool(by.is_superuser) or rights_of(names) <= by.get_all_permissions()


def rights_of(names: Iterable[str]) -> frozenset[str]:
    """What a client could do with these scopes for itself."""
    return frozenset(right for scope in scopes_named(names) for right in scope.rights)
