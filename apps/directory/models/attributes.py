"""What an organisation keeps of its people beyond the fields that everybody has."""

from collections.abc import Mapping
from functools import reduce
from operator import or_
from types import MappingProxyType
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.names import name_of
from apps.directory.validators import validate_pattern

LONGEST_VALUE = 500
MOST_VALUES = 20
MOST_CHOICES = 200


class Attribute(models.Model):
    """The definition of an attribute: what it is called, which values it takes, and whose business it is."""

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        BOOLEAN = "boolean", _("Yes or no")
        DATE = "date", _("Date")
        CHOICE = "choice", _("Choice")
        EMAIL = "email", _("E-mail address")
        URL = "url", _("Web address")
        PERSON = "person", _("Person")

    class ForPerson(models.TextChoices):
        NOTHING = "nothing", _("Does not see it")
        SEE = "see", _("Sees it")
        EDIT = "edit", _("Sees and changes it")

    class ForAdministrators(models.TextChoices):
        SEE = "see", _("See it")
        EDIT = "edit", _("See and change it")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    label = models.CharField(_("label"), max_length=100, help_text=_("What pages call it."))
    slug = models.CharField(
        _("name"),
        max_length=50,
        unique=True,
        validators=[
            RegexValidator(r"\A[a-z][a-z0-9_]*\Z", _("Use small letters, digits and _ only, a letter first."))
        ],
        help_text=_("What programs and the command line call it. It cannot be changed later."),
    )
    kind = models.CharField(
        _("type"),
        max_length=16,
        choices=Kind.choices,
        default=Kind.TEXT,
        help_text=_("It cannot be changed while anybody has a value."),
    )
    help_text = models.CharField(
        _("explanation"), max_length=300, blank=True, help_text=_("Stands below the field in forms.")
    )
    is_required = models.BooleanField(
        _("required"),
        default=False,
        help_text=_("Forms are not saved without it. People who have none yet keep none until then."),
    )
    is_multivalued = models.BooleanField(_("several values"), default=False)
    choices = models.JSONField(
        _("choices"),
        default=list,
        blank=True,
        help_text=_("For the type Choice: one a line, in their order."),
    )
    pattern = models.CharField(
        _("pattern"),
        max_length=200,
        blank=True,
        validators=[validate_pattern],
        help_text=_(
            "For text: a regular expression that the whole value has to match, such as [A-Z]{2}-[0-9]{4}."
        ),
    )
    minimum = models.DecimalField(
        _("at least"),
        max_digits=18,
        decimal_places=6,
        null=True,
        blank=True,
        help_text=_("For numbers the smallest one, for text the fewest characters."),
    )
    maximum = models.DecimalField(
        _("at most"),
        max_digits=18,
        decimal_places=6,
        null=True,
        blank=True,
        help_text=_("For numbers the greatest one, for text the most characters, 500 at most."),
    )
    for_person = models.CharField(
        _("the person"), max_length=8, choices=ForPerson.choices, default=ForPerson.NOTHING
    )
    for_administrators = models.CharField(
        _("administrators"),
        max_length=8,
        choices=ForAdministrators.choices,
        default=ForAdministrators.EDIT,
        help_text=_("Those with the right to see or change people."),
    )
    is_active = models.BooleanField(
        _("in use"),
        default=True,
        help_text=_("Without it, no form, list or application shows it; the values stay."),
    )
    position = models.PositiveSmallIntegerField(
        _("position"),
        default=0,
        validators=[MaxValueValidator(9999)],
        help_text=_("Forms show them in this order; those of the same position by their labels."),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        ordering = ("position", "label", "slug")
        constraints = (
            models.UniqueConstraint(
                Lower("label"),
                name="directory_attribute_label_unique",
                violation_error_message=_("Another attribute has this label."),
            ),
            models.CheckConstraint(
                condition=models.Q(minimum__isnull=True)
                | models.Q(maximum__isnull=True)
                | models.Q(maximum__gte=models.F("minimum")),
                name="directory_attribute_sensible_limits",
                violation_error_message=_("The greatest value is smaller than the smallest."),
            ),
        )

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        super().clean()
        refused = {
            name: gettext("Leave it empty: the type %(type)s has no such rule.")
            % {"type": self.get_kind_display()}
            for name, kinds in RULES.items()
            if self.kind not in kinds and getattr(self, name) not in (None, "", [])
        }
        if problem := self._problem_with_choices():
            refused["choices"] = problem
        most = self.maximum
        if self.kind == self.Kind.TEXT and most is not None and not 1 <= most <= LONGEST_VALUE:
            refused["maximum"] = gettext("A text has 1 to %(count)d characters.") % {"count": LONGEST_VALUE}
        if refused:
            raise ValidationError(dict(refused))

    def _problem_with_choices(self) -> str:
        if self.kind == self.Kind.CHOICE and not self.choices:
            return gettext("Give the choices that there are.")
        if len(self.choices) > MOST_CHOICES:
            return gettext("There can be %(count)d choices at most.") % {"count": MOST_CHOICES}
        if any(len(choice) > LONGEST_VALUE for choice in self.choices):
            return gettext("A choice has %(count)d characters at most.") % {"count": LONGEST_VALUE}
        return ""


# By their fields the rules for values, and the types that have them.
RULES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "choices": frozenset({Attribute.Kind.CHOICE}),
        "pattern": frozenset({Attribute.Kind.TEXT}),
        "minimum": frozenset({Attribute.Kind.TEXT, Attribute.Kind.NUMBER}),
        "maximum": frozenset({Attribute.Kind.TEXT, Attribute.Kind.NUMBER}),
    }
)

COLUMNS = ("text", "number", "is_true", "day", "person")


def _one_column() -> models.Q:
    """Exactly one of them is filled."""
    return reduce(or_, [models.Q(**{f"{name}__isnull": name != one for name in COLUMNS}) for one in COLUMNS])


class AttributeValue(models.Model):
    """One value that one person has, in the column of its type."""

    user = models.ForeignKey(
        "directory.User",
        on_delete=models.CASCADE,
        related_name="attribute_values",
        db_index=False,
        verbose_name=_("person"),
    )
    # Nobody loses values because a definition goes.
    attribute = models.ForeignKey(
        Attribute,
        on_delete=models.PROTECT,
        related_name="values",
        db_index=False,
        verbose_name=_("attribute"),
    )
    # Of several values in their order, from 0.
    position = models.PositiveSmallIntegerField(default=0)
    # Text, choice, e-mail and web address.
    text = models.CharField(max_length=LONGEST_VALUE, null=True)  # noqa: DJ001 - null in the columns of other types
    number = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    is_true = models.BooleanField(null=True)
    day = models.DateField(null=True)
    person = models.ForeignKey(
        "directory.User", on_delete=models.CASCADE, null=True, related_name="attributes_referring"
    )

    class Meta:
        verbose_name = _("value of an attribute")
        verbose_name_plural = _("values of attributes")
        constraints = (
            models.UniqueConstraint(
                fields=("user", "attribute", "position"), name="directory_attributevalue_unique"
            ),
            models.CheckConstraint(
                condition=_one_column(),
                name="directory_attributevalue_one_column",
            ),
        )
        indexes = (
            models.Index("attribute", "text", name="directory_value_text"),
            models.Index(
                "attribute",
                "number",
                condition=models.Q(number__isnull=False),
                name="directory_value_number",
            ),
            models.Index(
                "attribute",
                "is_true",
                condition=models.Q(is_true__isnull=False),
                name="directory_value_is_true",
            ),
            models.Index(
                "attribute", "day", condition=models.Q(day__isnull=False), name="directory_value_day"
            ),
            models.Index(
                "attribute",
                "person",
                condition=models.Q(person__isnull=False),
                name="directory_value_person",
            ),
        )

    def __str__(self) -> str:
        return _("%(attribute)s of %(person)s") % {
            "attribute": name_of(self, "attribute"),
            "person": name_of(self, "user"),
        }
