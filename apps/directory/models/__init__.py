"""People, groups, the organisation's units, and what it keeps of people beyond the fields of everybody."""

from apps.directory.models.attributes import (
    LONGEST_VALUE,
    MOST_CHOICES,
    MOST_VALUES,
    RULES,
    Attribute,
    AttributeValue,
)
from apps.directory.models.groups import DEEPEST, Group, GroupNesting, GroupReach, Membership
from apps.directory.models.one_time_links import OneTimeLink, OneTimeLinkQuerySet
from apps.directory.models.people import TAKEN, FormerPassword, PasswordPolicy, People, User, UserQuerySet
from apps.directory.models.units import MOST_LEVELS, Unit

__all__ = [
    "DEEPEST",
    "LONGEST_VALUE",
    "MOST_CHOICES",
    "MOST_LEVELS",
    "MOST_VALUES",
    "RULES",
    "TAKEN",
    "Attribute",
    "AttributeValue",
    "FormerPassword",
    "Group",
    "GroupNesting",
    "GroupReach",
    "Membership",
    "OneTimeLink",
    "OneTimeLinkQuerySet",
    "PasswordPolicy",
    "People",
    "Unit",
    "User",
    "UserQuerySet",
]
