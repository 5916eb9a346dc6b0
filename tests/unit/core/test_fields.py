from collections.abc import Iterator

import pytest
from django.core.exceptions import FieldError
from django.db import connection, models
from django.test.utils import isolate_apps

from apps.core.encryption import CiphertextRefused, keyring
from apps.core.fields import EncryptedTextField

pytestmark = pytest.mark.django_db


@pytest.fixture
def vault() -> Iterator[type[models.Model]]:
    with isolate_apps("apps.core"):

        class Vault(models.Model):
            secret = EncryptedTextField(null=True)
            other = EncryptedTextField(purpose="core.Vault.old_name", default="")

            class Meta:
                app_label = "core"
                db_table = "encrypted_field_test"

            def __str__(self) -> str:
                return f"vault {self.pk}"

        with connection.cursor() as cursor:
            key = "serial" if connection.vendor == "postgresql" else "integer"
            columns = f"id {key} PRIMARY KEY, secret text, other text NOT NULL"
            cursor.execute(f"CREATE TABLE encrypted_field_test ({columns})")
        yield Vault


def column(name: str) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM encrypted_field_test")  # noqa: S608  # a constant of this file
        (value,) = cursor.fetchone()
    return None if value is None else str(value)


def objects(model: type[models.Model]) -> models.Manager[models.Model]:
    return model._default_manager


@pytest.mark.parametrize("text", ["", "geheim", "ключ \U0001f511", "x" * 10_000])
def test_text_is_encrypted_in_the_column_and_clear_in_python(vault: type[models.Model], text: str) -> None:
    objects(vault).create(secret=text)
    assert objects(vault).values_list("secret", flat=True).get() == text
    kept = column("secret") or ""
    assert kept.startswith("v1.")
    assert keyring().decrypt(kept, purpose="core.Vault.secret") == text.encode()


def test_null_stays_null(vault: type[models.Model]) -> None:
    objects(vault).create(secret=None)
    assert column("secret") is None
    assert objects(vault).filter(secret__isnull=True).count() == 1


def test_renamed_field_keeps_its_old_purpose(vault: type[models.Model]) -> None:
    objects(vault).create(other="geheim")
    assert keyring().decrypt(column("other") or "", purpose="core.Vault.old_name") == b"geheim"
    field = vault._meta.get_field("other")
    assert isinstance(field, EncryptedTextField)
    assert field.deconstruct()[3]["purpose"] == "core.Vault.old_name"


def test_every_way_of_writing_encrypts(vault: type[models.Model]) -> None:
    objects(vault).bulk_create([vault(secret="one")])
    row = objects(vault).get()
    objects(vault).update(secret="two")
    assert keyring().decrypt(column("secret") or "", purpose="core.Vault.secret") == b"two"
    vault.__setattr__(row, "secret", "three")
    objects(vault).bulk_update([row], ["secret"])
    assert keyring().decrypt(column("secret") or "", purpose="core.Vault.secret") == b"three"


def test_value_copied_from_another_column_is_refused(vault: type[models.Model]) -> None:
    objects(vault).create(secret="one", other="two")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE encrypted_field_test SET secret = other")
    with pytest.raises(CiphertextRefused):
        objects(vault).get()


@pytest.mark.parametrize(
    "lookup", ["secret", "secret__exact", "secret__contains", "secret__in", "secret__lower"]
)
def test_comparing_an_encrypted_column_is_refused(vault: type[models.Model], lookup: str) -> None:
    with pytest.raises(FieldError):
        objects(vault).filter(**{lookup: "x"}).exists()
