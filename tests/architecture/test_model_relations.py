"""Tables point downwards only: what import-linter cannot see, because models are named in strings."""

from collections.abc import Iterator

from django.apps import apps
from django.db.migrations.loader import MigrationLoader
from django.db.models import FileField, Model

from tests.architecture.layers import layers


def _related_models(model: type[Model]) -> Iterator[tuple[str, type[Model]]]:
    for field in [*model._meta.local_fields, *model._meta.local_many_to_many]:
        target = field.related_model
        if isinstance(target, type) and issubclass(target, Model):
            yield field.name, target
    for parent in model._meta.parents:
        yield "parent", parent


def test_every_installed_app_has_a_floor() -> None:
    ours = [config for config in apps.get_app_configs() if config.name.startswith("apps.")]
    assert ours
    assert [config.label for config in ours if config.label not in layers()] == []
    assert [config.name for config in ours if config.name != f"apps.{config.label}"] == []


def test_model_relations_point_to_lower_floors_only() -> None:
    upward = [
        f"{model._meta.label}.{field} -> {target._meta.label}"
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in layers()
        for field, target in _related_models(model)
        if target._meta.app_label in layers()
        and not layers().may_know(model._meta.app_label, target._meta.app_label)
    ]
    assert not upward, "\n".join(upward)


def test_no_model_keeps_files_that_people_send() -> None:
    """A page or a drawing that somebody uploaded is a script of this site. Whoever needs files says how they are served
    so that they can do nothing, and lets them in here."""
    files = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.fields
        if isinstance(field, FileField)
    ]
    assert not files


def test_migrations_depend_on_lower_floors_only() -> None:
    # Read from disk without a connection; run_before is by now an edge of the other migration.
    graph = MigrationLoader(None).graph
    upward = [
        f"{app}.{name} depends on {other_app}.{other_name}"
        for (app, name), node in graph.node_map.items()
        if app in layers()
        for other_app, other_name in (parent.key for parent in node.parents)
        if other_app in layers() and not layers().may_know(app, other_app)
    ]
    assert not upward, "\n".join(upward)
