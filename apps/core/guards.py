"""Who may touch what, beyond the right to touch its kind: upper apps say it of a lower app's objects, by kind.

The administration and the API ask here, so that neither lets through what the other stops.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

# Whether somebody, a person or a client that acts for itself, may change this object.
Guard = Callable[[Any, Any], bool]
# The rights that an object gives to whoever has it: the members of a group, whoever has the secret of a client.
Gives = Callable[[Any], Iterable[str]]
# Whether those who belong to this object, to a group for example, have access to something by it.
CarriesAccess = Callable[[Any], bool]


@dataclass
class _Guards:
    changing: list[Guard] = field(default_factory=list)
    reaching: list[Guard] = field(default_factory=list)
    carrying: list[CarriesAccess] = field(default_factory=list)
    giving: list[Gives] = field(default_factory=list)


_guards: defaultdict[str, _Guards] = defaultdict(_Guards)


def add_guards(
    kind: str,
    *,
    guard: Guard | None = None,
    reach: Guard | None = None,
    carries: CarriesAccess | None = None,
    gives: Gives | None = None,
) -> None:
    """For `AppConfig.ready()` of an upper app; repeating it changes nothing.

    `reach` says whether somebody may have in another's name what the object gives: sign in as the person, put people
    into the group.
    """
    there = _guards[kind]
    if guard is not None and guard not in there.changing:
        there.changing.append(guard)
    if reach is not None and reach not in there.reaching:
        there.reaching.append(reach)
    if carries is not None and carries not in there.carrying:
        there.carrying.append(carries)
    if gives is not None and gives not in there.giving:
        there.giving.append(gives)


def passes_guards(by: Any, kind: str, obj: Any) -> bool:
    return all(guard(by, obj) for guard in _guards[kind].changing)


def is_within_reach(by: Any, kind: str, obj: Any) -> bool:
    return all(reach(by, obj) for reach in _guards[kind].reaching)


def carries_access(kind: str, obj: Any) -> bool:
    return any(carries(obj) for carries in _guards[kind].carrying)


def rights_given(kind: str, obj: Any) -> frozenset[str]:
    return frozenset(right for gives in _guards[kind].giving for right in gives(obj))
