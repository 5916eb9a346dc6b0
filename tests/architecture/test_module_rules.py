"""Rules of the house about single modules, checked on their source."""

import ast
from collections.abc import Iterator

from tests.architecture.layers import layers
from tests.architecture.source import FunctionNode, Import, SourceFile, source_files

# What an app shows to the apps above it.
DOORS = {"services", "selectors", "errors", "ports", "events"}
# core has no tables and no services: all of it is there to be used.
OPEN_APPS = {"core"}
# They compose what the floors below them hold, so they may read models.
MODEL_READERS = {"dashboards", "transfer", "compliance"}
# (module, who may import it by the first part of the importing module's name)
EXCEPTIONS = {
    # The one ModelAdmin that every admin builds on.
    ("apps.audit.admin_audit", "admin"),
}
# What a file is for, from the outside in: it uses its own row and those below. Other names are mechanisms.
ROLES = (
    {"urls", "admin"},
    {"views", "api", "tasks", "handlers", "middleware", "management"},
    {"services"},
    {"selectors"},
    {"models"},
    {"errors", "constants"},
)
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "managers"}


def _app_of(file: SourceFile) -> str | None:
    return file.parts[1] if file.parts[0] == "apps" and len(file.parts) > 2 else None


def passes_a_door(app: str, file: SourceFile, imported: Import) -> bool:
    names = imported.name.split(".")
    if names[0] != "apps" or len(names) < 3 or names[1] == app or names[1] not in layers():
        return True
    other, module = names[1], names[2]
    role = file.parts[2].partition("_")[0]
    return (
        other in OPEN_APPS
        or module in DOORS
        or (module == "models" and (app in MODEL_READERS or imported.is_for_types_only))
        or any(
            f"{imported.name}.".startswith(f"{allowed}.") and role == importer
            for allowed, importer in EXCEPTIONS
        )
    )


def test_apps_enter_each_other_through_their_doors() -> None:
    trespasses = [
        f"{file.at(imported.line)} imports {imported.name}"
        for file in source_files("apps")
        if (app := _app_of(file))
        for imported in file.imports()
        if not passes_a_door(app, file, imported)
    ]
    assert not trespasses, "\n".join(trespasses)


def role_of(module: str) -> int | None:
    return next((row for row, names in enumerate(ROLES) if module in names), None)


def keeps_to_its_role(file: SourceFile, imported: Import) -> bool:
    names = imported.name.split(".")
    if len(file.parts) < 3 or names[:2] != list(file.parts[:2]) or len(names) < 3:
        return True
    importer, used = role_of(file.parts[2]), role_of(names[2])
    return importer is None or used is None or importer <= used


def test_files_of_an_app_import_inwards_only() -> None:
    outward = [
        f"{file.at(imported.line)} imports {imported.name}"
        for file in source_files("apps")
        for imported in file.imports()
        if not keeps_to_its_role(file, imported)
    ]
    assert not outward, "\n".join(outward)


def _functions(file: SourceFile) -> Iterator[FunctionNode]:
    for node in ast.walk(file.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _is_ready_of_app_config(file: SourceFile, function: FunctionNode) -> bool:
    # Django imports apps.py before any model: what uses models can only be registered in ready().
    return file.path.name == "apps.py" and function.name == "ready"


def test_imports_stand_at_the_top_of_their_file() -> None:
    late = [
        file.at(node.lineno)
        for file in source_files("apps", "identity")
        for function in _functions(file)
        if not _is_ready_of_app_config(file, function)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not late, "\n".join(late)


def test_nothing_is_imported_by_computed_name() -> None:
    calls = {"import_module", "importlib.import_module", "__import__"}
    hidden = [
        file.at(node.lineno)
        for file in source_files("apps", "identity")
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in calls
    ]
    assert not hidden, "\n".join(hidden)


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    drawers = [
        str(file.path)
        for file in source_files("apps", "identity", "examples", "tests", "tools")
        if DRAWERS & set(file.parts)
    ]
    assert not drawers, "\n".join(drawers)


def reads_environment(node: ast.AST) -> bool:
    if not isinstance(node, ast.Attribute | ast.ImportFrom):
        return False
    if isinstance(node, ast.ImportFrom):
        return node.module == "os" and any(alias.name in {"environ", "getenv"} for alias in node.names)
    return ast.unparse(node) in {"os.environ", "os.getenv", "os.environb"}


def names_the_settings_module(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node).startswith(
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE'"
    )


def test_the_environment_is_read_in_one_module() -> None:
    readers = []
    for file in source_files("apps", "identity"):
        if file.parts == ("identity", "env"):
            continue
        entry_points = {
            id(inner)
            for node in ast.walk(file.tree)
            if names_the_settings_module(node)
            for inner in ast.walk(node)
        }
        readers += [
            file.at(getattr(node, "lineno", 0))
            for node in ast.walk(file.tree)
            if reads_environment(node) and id(node) not in entry_points
        ]
    assert not readers, "\n".join(readers)


def test_apps_define_and_receive_no_signals() -> None:
    signals = [
        f"{file.at(imported.line)} imports {imported.name}"
        for file in source_files("apps")
        for imported in file.imports()
        if imported.name.startswith(("django.dispatch", "django.db.models.signals", "django.core.signals"))
    ]
    assert not signals, "\n".join(signals)
