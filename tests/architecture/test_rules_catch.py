"""The rules are held to examples: a rule that catches nothing looks like a rule that is kept."""

import ast

import pytest

from tests.architecture.source import SourceFile
from tests.architecture.test_module_rules import (
    keeps_to_its_role,
    names_the_settings_module,
    passes_a_door,
    reads_environment,
)
from tests.services.environment import PROJECT_DIR


def _file(path: str, code: str) -> SourceFile:
    return SourceFile(PROJECT_DIR / path, ast.parse(code))


@pytest.mark.parametrize(
    ("path", "code", "is_allowed"),
    [
        ("apps/signin/views/login.py", "from apps.directory.services.people import create_user", True),
        ("apps/signin/views/login.py", "from apps.directory import selectors", True),
        ("apps/signin/views/login.py", "from apps.signin.models import Session", True),
        ("apps/signin/views/login.py", "from apps.core.origin import origin_of", True),
        ("apps/signin/views/login.py", "from ..forms import SignInForm", True),
        ("apps/signin/views/login.py", "from apps.directory.models import User", False),
        ("apps/signin/views/login.py", "import apps.directory.password_hashing", False),
        ("apps/signin/views/login.py", "from apps.directory import models", False),
        (
            "apps/signin/ports.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from apps.directory.models import User",
            True,
        ),
        ("apps/dashboards/panels.py", "from apps.signin.models import Session", True),
        ("apps/dashboards/panels.py", "from apps.signin.lockout import Lockout", False),
        ("apps/oauth/admin.py", "from apps.audit.admin_audit import AuditedModelAdmin", True),
        ("apps/oauth/views/token.py", "from apps.audit.admin_audit import AuditedModelAdmin", False),
    ],
)
def test_doors(path: str, code: str, is_allowed: bool) -> None:
    file = _file(path, code)
    assert all(passes_a_door(path.split("/")[1], file, imported) for imported in file.imports()) is is_allowed


@pytest.mark.parametrize(
    ("path", "code", "is_allowed"),
    [
        ("apps/keys/views/jwks.py", "from apps.keys.selectors import public_keys", True),
        ("apps/keys/services/rotation.py", "from apps.keys.services.creation import create_key", True),
        ("apps/keys/services/rotation.py", "from apps.keys.key_material import generate", True),
        ("apps/keys/models.py", "from apps.keys.services.rotation import rotate_keys", False),
        ("apps/keys/selectors.py", "from apps.keys import services", False),
        ("apps/keys/services/rotation.py", "from apps.keys.views.jwks import jwks", False),
    ],
)
def test_file_roles(path: str, code: str, is_allowed: bool) -> None:
    file = _file(path, code)
    assert all(keeps_to_its_role(file, imported) for imported in file.imports()) is is_allowed


@pytest.mark.parametrize(
    ("code", "is_reading"),
    [
        ("import os\nos.environ['PORT']", True),
        ("import os\nos.getenv('PORT')", True),
        ("from os import environ", True),
        ("import os\nos.cpu_count()", False),
    ],
)
def test_readers_of_the_environment(code: str, is_reading: bool) -> None:
    assert any(reads_environment(node) for node in ast.walk(ast.parse(code))) is is_reading


def test_naming_the_settings_module_is_not_reading() -> None:
    named = ast.parse("os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'identity.settings')", mode="eval")
    other = ast.parse("os.environ.setdefault('PORT', '8000')", mode="eval")
    assert names_the_settings_module(named.body)
    assert not names_the_settings_module(other.body)
