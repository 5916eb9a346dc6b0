"""People, what they had as passwords, and what passwords must be."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self
from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Concat, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.initials import initials
from apps.core.names import name_of
from apps.core.sensible_dates import END_DAY, FIRST_DAY, OUT_OF_RANGE, validate_date
from apps.directory.password_rules import Rules
from apps.directory.validators import validate_time_zone, validate_username


class UserQuerySet(models.QuerySet["User"]):
    def able_to_sign_in(self, *, now: datetime) -> Self:
        """People whose standing lets them in: active and between their start and end dates."""
        today = now.date()
        return self.filter(
            models.Q(starts_on__isnull=True) | models.Q(starts_on__lte=today),
            models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=today),
            status=User.Status.ACTIVE,
        )


class People(BaseUserManager["User"]):
    """Django's way to find a person by what they typed: user names do not mind their case."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username__iexact=username)


# What may be typed to sign in, field by field, and why it is refused when somebody has it in either of them.
TAKEN = {
    ("username", "username"): _("Somebody already has this user name."),
    ("username", "email"): _(
        "This is somebody else's e-mail address, which they may sign in with. Choose another user name."
    ),
    ("email", "email"): _("Somebody already has this e-mail address."),
    ("email", "username"): _(
        "This is somebody else's user name, which they sign in with. Use another address."
    ),
}


class User(AbstractBaseUser, PermissionsMixin):
    """A person, and the seed of an employee record."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        DEPROVISIONED = "deprovisioned", _("Deprovisioned")

    class EmployeeType(models.TextChoices):
        EMPLOYEE = "employee", _("Employee")
        CONTRACTOR = "contractor", _("Contractor")
        PARTNER = "partner", _("Partner")
        SERVICE = "service", _("Service account")

    # Django's own bookkeeping gives way to fields that say what they mean.
    last_login = None
    user_permissions = None  # type: ignore[assignment]  # permissions come from role assignments only

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    password = models.CharField(_("password"), max_length=256)
    username = models.CharField(
        _("user name"),
        max_length=150,
        unique=True,
        validators=[validate_username],
        help_text=_(
            "What the person types to sign in. Letters, digits and . _ @ + - only; upper and lower case are the same."
        ),
    )
    email = models.EmailField(_("e-mail"), blank=True)
    is_email_verified = models.BooleanField(_("e-mail verified"), default=False)
    given_name = models.CharField(_("given name"), max_length=150, blank=True)
    family_name = models.CharField(_("family name"), max_length=150, blank=True)
    display_name = models.CharField(_("display name"), max_length=300, blank=True)
    department = models.CharField(
        _("department"),
        max_length=150,
        blank=True,
        db_index=True,
        help_text=_("What other systems call it; where it is empty, the organisation unit's name counts."),
    )
    unit = models.ForeignKey(
        "directory.Unit",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="people",
        verbose_name=_("organisation unit"),
    )
    job_title = models.CharField(_("job title"), max_length=150, blank=True)
    manager = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="reports",
        verbose_name=_("manager"),
    )
    employee_number = models.CharField(_("employee number"), max_length=64, blank=True)
    employee_type = models.CharField(
        _("employee type"), max_length=16, choices=EmployeeType.choices, default=EmployeeType.EMPLOYEE
    )
    status = models.CharField(
        _("status"),
        max_length=16,
        choices=Status.choices,
        default=Status.ACTIVE,
        db_index=True,
        help_text=_("Only active people can sign in; suspending someone ends what they have open, for good."),
    )
    starts_on = models.DateField(_("starts on"), null=True, blank=True, validators=[validate_date])
    ends_on = models.DateField(
        _("ends on"),
        null=True,
        blank=True,
        validators=[validate_date],
        help_text=_("Last day on which the person can sign in."),
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    locale = models.CharField(
        _("language"),
        max_length=16,
        blank=True,
        help_text=_(
            "Of pages and mails. Where it is left to the browser, mails are in the installation's language."
        ),
    )
    is_staff = models.BooleanField(
        _("may enter the administration"),
        default=False,
        help_text=_(
            "What they may do there comes from the roles assigned to them. Only superusers set this."
        ),
    )
    is_superuser = models.BooleanField(
        _("superuser"),
        default=False,
        help_text=_(
            "Holds every right in the administration whatever their roles say, and alone may change other superusers. "
            "Only superusers set this; one with a password and no end date always remains."
        ),
    )

    last_sign_in_at = models.DateTimeField(
        _("last sign-in"), null=True, blank=True, editable=False, db_index=True
    )
    sign_in_count = models.PositiveIntegerField(_("sign-ins"), default=0, editable=False)
    failed_sign_ins = models.PositiveIntegerField(_("failed sign-ins in a row"), default=0, editable=False)
    first_failed_at = models.DateTimeField(null=True, blank=True, editable=False)
    locked_until = models.DateTimeField(_("locked until"), null=True, blank=True, editable=False)
    password_changed_at = models.DateTimeField(_("password changed"), null=True, blank=True, editable=False)
    password_expires_at = models.DateTimeField(
        _("password expires"), null=True, blank=True, editable=False, db_index=True
    )
    # The moment of expiry that they were told of.
    expiry_told_for = models.DateTimeField(null=True, blank=True, editable=False)
    sign_ins_valid_since = models.DateTimeField(
        _("sign-ins valid since"), null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    search_text = models.GeneratedField(
        expression=Concat(
            *(
                "username",
                models.Value(" "),
                "display_name",
                models.Value(" "),
                "given_name",
                models.Value(" "),
            ),
            *("family_name", models.Value(" "), "email", models.Value(" "), "employee_number"),
            output_field=models.TextField(),
        ),
        output_field=models.TextField(),
        db_persist=True,
    )
    """All that a person is looked for by; a part of it is found by an index (`search_index`)."""

    groups = models.ManyToManyField(  # type: ignore[assignment]  # people's groups, not Django's permission groups
        "directory.Group", through="directory.Membership", related_name="people", verbose_name=_("groups")
    )

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    objects = People()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ("username",)
        permissions = (
            ("set_password", "Can set the password, user name and e-mail of people who hold no more"),
            ("set_any_password", "Can set them whatever access to applications it opens"),
        )
        # The order of the list of people.
        indexes = (models.Index(fields=("display_name", "-id"), name="directory_user_display_name"),)
        constraints = (
            models.UniqueConstraint(
                Lower("username"),
                name="directory_user_username_unique",
                violation_error_message=TAKEN["username", "username"],
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="directory_user_email_unique",
                violation_error_message=TAKEN["email", "email"],
            ),
            models.UniqueConstraint(
                fields=("employee_number",),
                condition=~models.Q(employee_number=""),
                name="directory_user_employee_number_unique",
                violation_error_message=_("Somebody already has this employee number."),
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True)
                | models.Q(starts_on__isnull=True)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="directory_user_ends_after_start",
                violation_error_message=_("The end date lies before the start date."),
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(starts_on__isnull=True)
                    | models.Q(starts_on__gte=FIRST_DAY, starts_on__lt=END_DAY)
                )
                & (models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=FIRST_DAY, ends_on__lt=END_DAY)),
                name="directory_user_sensible_dates",
                violation_error_message=OUT_OF_RANGE,
            ),
        )

    def __str__(self) -> str:
        return self.display_name or self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.display_name:
            self.display_name = f"{self.given_name} {self.family_name}".strip() or self.username
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """What one person types to sign in never means another: each refusal stands at its field, once."""
        super().clean()
        others = User.objects.exclude(pk=self.pk).alias(
            lower_username=Lower("username"), lower_email=Lower("email")
        )
        refused: dict[str, Any] = {}
        for (name, theirs), refusal in TAKEN.items():
            value = getattr(self, name)
            if name in refused or not value or "\x00" in value:
                continue
            if others.filter(**{f"lower_{theirs}": Lower(models.Value(value))}).exists():
                refused[name] = ValidationError(refusal, code="unique")
        if refused:
            raise ValidationError(refused)

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # Django asks by this name; here it is computed
        return self.may_sign_in(now=timezone.now())

    def may_sign_in(self, *, now: datetime) -> bool:
        today = now.date()
        return (
            self.status == self.Status.ACTIVE
            and (self.starts_on is None or self.starts_on <= today)
            and (self.ends_on is None or self.ends_on >= today)
        )

    def sign_in_counts(self, signed_in_at: datetime) -> bool:
        """Whether what was opened by signing in then may still be used, as far as the person goes.

        A new password and every gap in which they could not sign in end all that came before, for good.
        """
        return self.sign_ins_valid_since is None or self.sign_ins_valid_since <= signed_in_at

    def is_password_expired(self, *, at: datetime) -> bool:
        return self.password_expires_at is not None and self.password_expires_at <= at

    @property
    def is_password_given(self) -> bool:
        """Whether somebody else set it, and the person has to choose their own."""
        return self.password_changed_at is not None and self.password_expires_at == self.password_changed_at

    def is_locked(self, *, now: datetime) -> bool:
        return self.locked_until is not None and self.locked_until > now

    @property
    def initials(self) -> str:
        return initials(self.display_name)

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.given_name or self.display_name


class FormerPassword(models.Model):
    """A password that somebody had, kept so that they do not take it again."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="former_passwords")
    password = models.CharField(max_length=256)
    replaced_at = models.DateTimeField()

    class Meta:
        verbose_name = _("former password")
        verbose_name_plural = _("former passwords")
        indexes = (models.Index(fields=("user", "-replaced_at")),)

    def __str__(self) -> str:
        return _("Former password of %(person)s") % {"person": name_of(self, "user")}


class PasswordPolicy(models.Model):
    """One version of what passwords must be. The newest is in force; none is ever changed."""

    class Style(models.TextChoices):
        COMPOSITION = (
            "composition",
            _("Length, lists, and letters of both cases, a digit and a special character"),
        )
        NIST = "nist", _("Length and lists only (NIST SP 800-63B-4)")

    style = models.CharField(
        _("what is asked for"),
        max_length=16,
        choices=Style.choices,
        default=Style.COMPOSITION,
        help_text=_(
            "Either way a password holds nothing of its person's names and addresses, and is none that many people use."
        ),
    )
    minimum_length = models.PositiveSmallIntegerField(
        _("characters at least"),
        default=12,
        validators=[MinValueValidator(12), MaxValueValidator(64)],
        help_text=_("12 to 64. NIST asks for 15 where the password is the only factor."),
    )
    history = models.PositiveSmallIntegerField(
        _("last passwords that are refused"),
        default=12,
        validators=[MaxValueValidator(24)],
        help_text=_("0 to 24, the present one among them."),
    )
    max_age_days = models.PositiveSmallIntegerField(
        _("days until a password expires"),
        null=True,
        blank=True,
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_(
            "Empty: never. Counted from when each password was set, so a smaller number sends people to the page that "
            "changes it at their next sign-in."
        ),
    )
    created_at = models.DateTimeField(_("in force since"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("password policy")
        verbose_name_plural = _("password policies")
        ordering = ("-pk",)
        get_latest_by = "pk"

    def __str__(self) -> str:
        return _("Password policy, version %(number)s") % {"number": self.pk or 0}

    @property
    def rules(self) -> Rules:
        return Rules(
            minimum_length=self.minimum_length,
            is_composed=self.style == self.Style.COMPOSITION,
            history=self.history,
        )

    def expiry_of(self, changed_at: datetime) -> datetime | None:
        """When a password set then expires, if it does."""
        return None if self.max_age_days is None else changed_at + timedelta(days=self.max_age_days)
