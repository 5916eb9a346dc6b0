"""Applications, the roles they know, and who holds which role for how long."""

from uuid import uuid4

from django.contrib.auth.models import Permission
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.fields import WebAddressField
from apps.core.initials import initials
from apps.core.names import name_of
from apps.core.sensible_dates import END_MOMENT, FIRST_MOMENT, OUT_OF_RANGE, validate_moment


class Application(models.Model):
    """Something people use; its protocol side (an OAuth client, say) refers to it."""

    class Audience(models.TextChoices):
        ASSIGNED = "assigned", _("People with a role in it")
        EVERYONE = "everyone", _("Everyone who can sign in")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(_("name"), max_length=150)
    slug = models.SlugField(_("slug"), max_length=64, unique=True)
    description = models.CharField(
        _("description"),
        max_length=300,
        blank=True,
        help_text=_("In plain words; people read it in the portal."),
    )
    launch_url = WebAddressField(
        _("start address"),
        blank=True,
        help_text=_("Where the portal's tile leads. Without it the tile is there, but no link."),
    )
    owner = models.ForeignKey(
        "directory.User",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="owned_applications",
        verbose_name=_("owner"),
        help_text=_("Who answers for it. People see the name when they are asked for consent."),
    )
    audience = models.CharField(
        _("who may use it"), max_length=16, choices=Audience.choices, default=Audience.ASSIGNED, db_index=True
    )
    is_enabled = models.BooleanField(
        _("enabled"),
        default=True,
        help_text=_("Disabling it refuses everybody at the next use of a token."),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering = ("name",)
        constraints = (models.UniqueConstraint(Lower("name"), name="access_application_name_unique"),)

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        return initials(self.name)


class Role(models.Model):
    """A named bundle of access: to an application, to parts of the administration, or both."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(_("name"), max_length=150)
    slug = models.SlugField(_("slug"), max_length=64, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    application = models.ForeignKey(
        Application,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="roles",
        verbose_name=_("application"),
    )
    admin_permissions = models.ManyToManyField(
        Permission,
        blank=True,
        related_name="access_roles",
        verbose_name=_("administration rights"),
        help_text=_("What holders may see and change in the administration, once they may enter it."),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ("name",)
        constraints = (models.UniqueConstraint(Lower("name"), name="access_role_name_unique"),)

    def __str__(self) -> str:
        return self.name


class Assignment(models.Model):
    """A role held by a person or by everyone in a group, from one moment until another."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    role = models.ForeignKey(
        Role, on_delete=models.CASCADE, related_name="assignments", verbose_name=_("role")
    )
    user = models.ForeignKey(
        "directory.User",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="assignments",
        verbose_name=_("person"),
    )
    group = models.ForeignKey(
        "directory.Group",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="assignments",
        verbose_name=_("group"),
    )
    valid_from = models.DateTimeField(_("valid from"), default=timezone.now, validators=[validate_moment])
    valid_until = models.DateTimeField(
        _("valid until"),
        null=True,
        blank=True,
        validators=[validate_moment],
        help_text=_("Access ends at this moment; empty means no end."),
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ("-created_at",)
        indexes = (
            models.Index(fields=("user", "role", "valid_until")),
            models.Index(fields=("group", "role", "valid_until")),
            models.Index(fields=("valid_until",)),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(user__isnull=True) ^ models.Q(group__isnull=True),
                name="access_assignment_one_holder",
                violation_error_message=_("Name either a person or a group."),
            ),
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True)
                | models.Q(valid_until__gt=models.F("valid_from")),
                name="access_assignment_ends_after_start",
                violation_error_message=_("The end lies before the start."),
            ),
            models.CheckConstraint(
                condition=models.Q(valid_from__gte=FIRST_MOMENT, valid_from__lt=END_MOMENT)
                & (
                    models.Q(valid_until__isnull=True)
                    | models.Q(valid_until__gte=FIRST_MOMENT, valid_until__lt=END_MOMENT)
                ),
                name="access_assignment_sensible_dates",
                violation_error_message=OUT_OF_RANGE,
            ),
        )

    def __str__(self) -> str:
        return _("%(role)s to %(holder)s") % {
            "role": name_of(self, "role"),
            "holder": name_of(self, "user" if self.user_id else "group"),
        }
