"""Groups of people, and groups within groups."""

from uuid import uuid4

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.names import name_of

# How many groups may lie between the highest and the lowest of a nesting, one of the two counted.
DEEPEST = 10


class Group(models.Model):
    """People who belong together; roles can be assigned to a group as to a person."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(_("name"), max_length=150)
    description = models.TextField(_("description"), blank=True, max_length=1000)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                Lower("name"),
                name="directory_group_name_unique",
                violation_error_message=_("There is already a group of this name."),
            ),
        )

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person in one group."""

    user = models.ForeignKey(
        "directory.User",
        on_delete=models.CASCADE,
        related_name="group_memberships",
        verbose_name=_("person"),
    )
    group = models.ForeignKey(
        Group, on_delete=models.CASCADE, related_name="group_memberships", verbose_name=_("group")
    )
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("group membership")
        verbose_name_plural = _("group memberships")
        constraints = (
            models.UniqueConstraint(
                fields=("user", "group"),
                name="directory_membership_unique",
                violation_error_message=_("This person is already in the group."),
            ),
        )

    def __str__(self) -> str:
        return _("%(person)s in %(group)s") % {
            "person": name_of(self, "user"),
            "group": name_of(self, "group"),
        }


class GroupNesting(models.Model):
    """One group in another: whoever belongs to the inner one belongs to the outer one."""

    parent = models.ForeignKey(
        Group, on_delete=models.CASCADE, related_name="child_nestings", verbose_name=_("group")
    )
    child = models.ForeignKey(
        Group, on_delete=models.CASCADE, related_name="parent_nestings", verbose_name=_("group within it")
    )
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("group within a group")
        verbose_name_plural = _("groups within groups")
        constraints = (
            models.UniqueConstraint(
                fields=("parent", "child"),
                name="directory_groupnesting_unique",
                violation_error_message=_("This group is already in the group."),
            ),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("child")),
                name="directory_groupnesting_not_itself",
                violation_error_message=_("A group cannot be in itself."),
            ),
        )

    def __str__(self) -> str:
        return _("%(child)s in %(parent)s") % {
            "child": name_of(self, "child"),
            "parent": name_of(self, "parent"),
        }


class GroupReach(models.Model):
    """What follows from the nestings: that a group lies below another, so many steps, on so many ways.

    Kept by services.group_nesting and by nothing else. No row says of a group that it reaches itself.
    """

    ancestor = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="reach_down", db_index=False)
    descendant = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="reach_up")
    distance = models.PositiveSmallIntegerField()
    paths = models.BigIntegerField()

    class Meta:
        verbose_name = _("reach of a group")
        verbose_name_plural = _("reaches of groups")
        constraints = (
            models.UniqueConstraint(
                fields=("ancestor", "descendant", "distance"), name="directory_groupreach_unique"
            ),
            models.CheckConstraint(
                condition=~models.Q(ancestor=models.F("descendant")), name="directory_groupreach_no_cycle"
            ),
            models.CheckConstraint(
                condition=models.Q(distance__gte=1, distance__lte=DEEPEST),
                name="directory_groupreach_depth",
            ),
        )

    def __str__(self) -> str:
        return _("%(child)s below %(parent)s") % {
            "child": name_of(self, "descendant"),
            "parent": name_of(self, "ancestor"),
        }
