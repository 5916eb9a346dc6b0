"""Model fields that do something to a value on its way to the column."""

from typing import TYPE_CHECKING, Any, TypeVar

from django.core.validators import URLValidator
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Lookup, Transform

from apps.core.encryption import keyring

Set = TypeVar("Set", contravariant=True)
Get = TypeVar("Get", covariant=True)

# The stubs know the class as generic in what is set and what is read; Django itself does not.
if TYPE_CHECKING:
    _TextField = models.TextField
    _URLField = models.URLField
else:

    class _TextField(models.TextField):
        def __class_getitem__(cls, parameters: Any) -> type[models.TextField]:
            return cls

    class _URLField(models.URLField):
        def __class_getitem__(cls, parameters: Any) -> type[models.URLField]:
            return cls


class EncryptedTextField(_TextField[Set, Get]):
    """Text that the database holds encrypted only; Python code sees it in clear.

    The purpose that binds a value to its place is `app.Model.field`. A field that is renamed keeps its old
    purpose by naming it: `EncryptedTextField(purpose="keys.SigningKey.private")`. Every encryption differs:
    the only lookup is `isnull`.
    """

    def __init__(self, *args: Any, purpose: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._given_purpose = purpose

    @property
    def purpose(self) -> str:
        return self._given_purpose or f"{self.model._meta.label}.{self.name}"

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        if self._given_purpose:
            kwargs["purpose"] = self._given_purpose
        return name, path, args, kwargs

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        text = super().get_db_prep_value(value, connection, prepared)
        return None if text is None else keyring().encrypt(text.encode(), purpose=self.purpose)

    def from_db_value(
        self, value: str | None, expression: Expression, connection: BaseDatabaseWrapper
    ) -> str | None:
        return None if value is None else keyring().decrypt(value, purpose=self.purpose).decode()

    def get_lookup(self, lookup_name: str) -> "type[Lookup[Any]] | None":
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def get_transform(self, lookup_name: str) -> type[Transform] | None:
        return None


class WebAddressField(_URLField[Set, Get]):
    """A URLField whose form takes a bare host name as https; in the database and in migrations a URLField."""

    default_validators = [URLValidator(schemes=["https", "http"])]

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.URLField", args, kwargs

    def formfield(self, *args: Any, **kwargs: Any) -> Any:
        return super().formfield(*args, **{"assume_scheme": "https", **kwargs})
