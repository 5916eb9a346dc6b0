"""The REST API: Django REST framework with what it would do by itself switched off."""

from typing import Any

from identity import __version__

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.api.parsing.JsonObject"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "apps.core.api.schema.OperationSchema",
    "EXCEPTION_HANDLER": "apps.core.api.problems.answer_to",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Gatehouse API",
    "DESCRIPTION": (
        "People, groups, roles, clients, sessions and the audit log, under the same rules as in the administration. "
        "Every refusal is application/problem+json."
    ),
    "VERSION": __version__,
    "OAS_VERSION": "3.1.1",
    "LICENSE": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": ["apps.core.api.schema.finish"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "DISABLE_DOCSTRING_DESCRIPTIONS": True,
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
}
