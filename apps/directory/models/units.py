"""The tree of the organisation."""

from uuid import uuid4

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# Levels of the tree, the highest counted.
MOST_LEVELS = 12
_KEY_LENGTH = 33  # a key in hexadecimal, and the stroke behind it


class Unit(models.Model):
    """A part of the organisation: a company, a division of it, a department of that, a team."""

    class Kind(models.TextChoices):
        COMPANY = "company", _("Company")
        DIVISION = "division", _("Division")
        DEPARTMENT = "department", _("Department")
        TEAM = "team", _("Team")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(_("name"), max_length=150)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.DEPARTMENT)
    code = models.CharField(
        _("code"),
        max_length=64,
        blank=True,
        help_text=_("What other systems know it by, such as a cost centre. No two units have the same."),
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("part of"),
        help_text=_("With another one here, the unit moves, and all that is below it moves along."),
    )
    head = models.ForeignKey(
        "directory.User",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="units_headed",
        verbose_name=_("head"),
        help_text=_("Who leads the unit."),
    )
    # The keys from the top down to this unit itself, each with a stroke behind it: what begins with it lies below.
    path = models.CharField(max_length=MOST_LEVELS * _KEY_LENGTH, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("organisation unit")
        verbose_name_plural = _("organisation units")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                "parent",
                Lower("name"),
                name="directory_unit_name_unique",
                violation_error_message=_("There is already a unit of this name in the same place."),
            ),
            models.UniqueConstraint(
                Lower("name"),
                condition=models.Q(parent__isnull=True),
                name="directory_unit_top_name_unique",
                violation_error_message=_("There is already a unit of this name in the same place."),
            ),
            models.UniqueConstraint(
                fields=("code",),
                condition=~models.Q(code=""),
                name="directory_unit_code_unique",
                violation_error_message=_("Another unit has this code."),
            ),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")), name="directory_unit_not_its_own_parent"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def level(self) -> int:
        """How many units lie above it."""
        return len(self.path) // _KEY_LENGTH - 1
