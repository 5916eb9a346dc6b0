from typing import cast

import django.core.validators
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import apps.core.ids
from apps.audit.partitions import (
    CreateMonthlyPartitionedModel,
    create_partition_functions,
    drop_partition_functions,
)
from apps.audit.person_concerned import ConcernsSomebody, PersonConcerned
from apps.audit.triggers import Executes, drop_trigger_functions, install_triggers, remove_triggers


def guard(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    connection = schema_editor.connection
    executor = cast("Executes", schema_editor)
    install_triggers(executor, connection.vendor)
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        (schema,) = cursor.fetchone()
        create_partition_functions(executor, schema=schema)
        cursor.execute("SELECT audit_ensure_partitions(CURRENT_DATE, CURRENT_DATE + 92)")


def unguard(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    vendor = schema_editor.connection.vendor
    executor = cast("Executes", schema_editor)
    remove_triggers(executor, vendor)
    if vendor == "postgresql":
        drop_partition_functions(executor)
        # The partitions have TRUNCATE triggers of their own.
        executor.execute("DROP FUNCTION audit_refuse_change() CASCADE", None)
        drop_trigger_functions(executor)


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="AuditVerificationRun",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("started_at", models.DateTimeField(db_index=True, verbose_name="started")),
                ("finished_at", models.DateTimeField(verbose_name="finished")),
                ("is_intact", models.BooleanField()),
                ("sealed_count", models.BigIntegerField(help_text="Events whose seal was checked.")),
                ("erased_count", models.BigIntegerField()),
                ("unsealed_count", models.BigIntegerField()),
                (
                    "witnessed_count",
                    models.BigIntegerField(
                        help_text="Events that a checkpoint kept outside the database vouches for; 0: nothing outside was compared."
                    ),
                ),
                ("finding_count", models.BigIntegerField()),
                ("first_finding", models.TextField(blank=True, verbose_name="first finding")),
                ("warnings", models.TextField(blank=True, verbose_name="warnings")),
            ],
            options={
                "verbose_name": "verification run",
                "verbose_name_plural": "verification runs",
                "db_table": "audit_verification_run",
                "ordering": ["-started_at"],
            },
        ),
        migrations.CreateModel(
            name="SealBatch",
            fields=[
                (
                    "number",
                    models.BigIntegerField(
                        primary_key=True,
                        serialize=False,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="number",
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        help_text="Names this log in the signed text.", max_length=255, verbose_name="origin"
                    ),
                ),
                ("tree_size", models.BigIntegerField(unique=True, verbose_name="sealed events up to here")),
                ("root_hash", models.BinaryField(max_length=32)),
                (
                    "frontier",
                    models.BinaryField(
                        help_text="Roots of the perfect subtrees, left to right: the next batch goes on from here."
                    ),
                ),
                (
                    "leaf_hashes",
                    models.BinaryField(
                        help_text="Second copy of this batch's leaves: it names the very row when a seal row was changed too."
                    ),
                ),
                ("previous_chain_hash", models.BinaryField(max_length=32)),
                ("chain_hash", models.BinaryField(max_length=32)),
                ("sealed_at", models.DateTimeField(verbose_name="sealed")),
                ("key_id", models.CharField(max_length=255, verbose_name="key id")),
                ("algorithm", models.CharField(max_length=32, verbose_name="algorithm")),
                ("signature", models.BinaryField()),
            ],
            options={
                "verbose_name": "checkpoint",
                "verbose_name_plural": "checkpoints",
                "db_table": "audit_seal_batch",
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="SealedEvent",
            fields=[
                (
                    "seal_number",
                    models.BigIntegerField(
                        primary_key=True,
                        serialize=False,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                ("event_id", models.UUIDField(unique=True)),
                ("leaf_hash", models.BinaryField(max_length=32)),
            ],
            options={
                "verbose_name": "sealed event",
                "verbose_name_plural": "sealed events",
                "db_table": "audit_sealed_event",
                "ordering": ["seal_number"],
            },
        ),
        migrations.CreateModel(
            name="SealSubtree",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        help_text="Over 256 leaves at level 1, 65,536 at level 2, and so on."
                    ),
                ),
                ("position", models.BigIntegerField(help_text="Counted from 0 among those of its level.")),
                ("root_hash", models.BinaryField(max_length=32)),
            ],
            options={
                "verbose_name": "subtree of the log",
                "verbose_name_plural": "subtrees of the log",
                "db_table": "audit_seal_subtree",
                "constraints": [
                    models.UniqueConstraint(fields=["level", "position"], name="audit_seal_subtree_place")
                ],
            },
        ),
        migrations.CreateModel(
            name="ReaderCursor",
            fields=[
                (
                    "name",
                    models.CharField(
                        editable=False, max_length=64, primary_key=True, serialize=False, verbose_name="name"
                    ),
                ),
                (
                    "position",
                    models.BigIntegerField(
                        default=0,
                        help_text="Every event up to this seal number was dealt with, set aside, or is none of its concern.",
                        verbose_name="read up to seal",
                    ),
                ),
                ("moved_at", models.DateTimeField(null=True, verbose_name="read on")),
                ("failures", models.PositiveIntegerField(default=0, verbose_name="failures in a row")),
                (
                    "failed_at_seal",
                    models.BigIntegerField(
                        help_text="Empty when no single event is at fault.",
                        null=True,
                        verbose_name="failed at seal",
                    ),
                ),
                ("last_error", models.CharField(blank=True, max_length=200, verbose_name="last error")),
                ("next_attempt_at", models.DateTimeField(null=True, verbose_name="next attempt")),
            ],
            options={
                "verbose_name": "reader of the log",
                "verbose_name_plural": "readers of the log",
                "db_table": "audit_reader_cursor",
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="SetAsideEvent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("reader", models.CharField(max_length=64, verbose_name="reader")),
                ("seal_number", models.BigIntegerField(verbose_name="seal")),
                (
                    "event_id",
                    models.UUIDField(
                        help_text="Empty when its seal row cannot be read.", null=True, verbose_name="event"
                    ),
                ),
                ("error", models.CharField(max_length=200, verbose_name="error")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                ("set_aside_at", models.DateTimeField(verbose_name="set aside")),
                ("handed_in_at", models.DateTimeField(null=True, verbose_name="dealt with")),
            ],
            options={
                "verbose_name": "event set aside",
                "verbose_name_plural": "events set aside",
                "db_table": "audit_set_aside_event",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("handed_in_at__isnull", True)),
                        fields=["reader"],
                        name="audit_set_aside_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("reader", "seal_number"), name="audit_set_aside_once")
                ],
            },
        ),
        CreateMonthlyPartitionedModel(
            name="AuditEvent",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("occurred_at", models.DateTimeField()),
                ("action", models.CharField(max_length=64)),
                (
                    "outcome",
                    models.CharField(
                        choices=[("success", "Done"), ("refused", "Refused"), ("error", "Failed")],
                        max_length=16,
                    ),
                ),
                ("actor_kind", models.CharField(max_length=32)),
                ("actor_id", models.CharField(blank=True, max_length=255)),
                ("target_kind", models.CharField(blank=True, max_length=32)),
                ("target_id", models.CharField(blank=True, max_length=255)),
                ("client_id", models.CharField(blank=True, max_length=255)),
                ("session_id", models.CharField(blank=True, max_length=255, verbose_name="session")),
                ("request_id", models.CharField(blank=True, max_length=64, verbose_name="request")),
                (
                    "details",
                    models.JSONField(help_text="Reason codes, scopes, grant types: nothing personal."),
                ),
                (
                    "personal",
                    models.JSONField(
                        help_text="Labels, address, user agent, values before and after; null once erased.",
                        null=True,
                    ),
                ),
                ("salt", models.BinaryField(max_length=32, null=True)),
                ("commitment", models.BinaryField(max_length=32)),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "db_table": "audit_event",
                "ordering": ["-id"],
            },
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["action", "id"], name="audit_event_action"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["actor_id", "id"], name="audit_event_actor"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["target_id", "id"], name="audit_event_target"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["client_id", "id"], name="audit_event_client"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["occurred_at"], name="audit_event_occurred"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(
                condition=models.Q(("outcome", "success"), _negated=True),
                fields=["outcome", "id"],
                name="audit_event_outcome",
            ),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(
                PersonConcerned("details"),
                "id",
                name="audit_event_concerned",
                condition=models.Q(ConcernsSomebody("details")),
            ),
        ),
        migrations.RunPython(guard, unguard),
    ]
