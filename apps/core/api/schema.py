"""The OpenAPI document, made from the operations that the views themselves go by. Spec: OpenAPI 3.1.1."""

from functools import cache
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema

from apps.core.api.fields import Input
from apps.core.api.operations import Operation, operation_of
from apps.core.api.scopes import api_scopes
from apps.core.problem import PROBLEM_JSON

SCHEME = "oauth2"
PROBLEM = "Problem"
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `code` is for programs, `detail` for people; `errors` says what is wrong where.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "RFC 6901, as a URI fragment: the value in the body.",
                    },
                    "parameter": {"type": "string", "description": "The parameter of the address."},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
WORDS = {
    HTTPStatus.BAD_REQUEST: "The body or the address holds something that is not acceptable.",
    HTTPStatus.UNAUTHORIZED: "There is no access token, or it is not valid (any more).",
    HTTPStatus.FORBIDDEN: "The token lacks the scope, whoever acts lacks the right, or the object is out of reach.",
    HTTPStatus.NOT_FOUND: "There is no such object.",
    HTTPStatus.METHOD_NOT_ALLOWED: "The address does not answer that method.",
    HTTPStatus.NOT_ACCEPTABLE: "Accept rules out application/json.",
    HTTPStatus.CONFLICT: "In the present state this cannot be done.",
    HTTPStatus.PRECONDITION_FAILED: "It was changed since the ETag in If-Match.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than this API accepts.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not JSON.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The Idempotency-Key came with another request before.",
    HTTPStatus.PRECONDITION_REQUIRED: "If-Match is missing.",
    HTTPStatus.TOO_MANY_REQUESTS: "More calls than one caller may make; see Retry-After.",
}
ALWAYS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.NOT_ACCEPTABLE,
    HTTPStatus.TOO_MANY_REQUESTS,
)


class OperationSchema(AutoSchema):
    """Reads `Operation` where drf-spectacular guesses."""

    @property
    def described(self) -> Operation:
        found = operation_of(self.view, self.method)
        assert found is not None, f"{self.method} {self.path} is not marked with operation()"  # noqa: S101
        return found

    def get_operation_id(self) -> str:
        return self.described.name

    def get_summary(self) -> str:
        return self.described.summary

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        handler = getattr(self.view, self.method.lower())
        text = " ".join((handler.__doc__ or "").split())
        need = self.described.need
        if need is None:
            return f"{text} Needs any scope of the API.".strip()
        return f"{text} Needs the scope `{need.scope.name}` and the right `{need.right}`.".strip()

    def get_tags(self) -> list[str]:
        tag: str = getattr(self.view, "tag", "")
        return [tag]

    def get_extensions(self) -> dict[str, Any]:
        need = self.described.need
        return {"x-right": need.right} if need else {}

    def get_auth(self) -> list[Any]:
        need = self.described.need
        return [{SCHEME: [need.scope.name] if need else []}]

    def get_override_parameters(self) -> list[Any]:
        query = self.described.query_in_full
        return [query] if query().fields else []

    def get_request_serializer(self) -> Any:
        return self.described.body

    def get_response_serializers(self) -> Any:
        return {str(self.described.status.value): self.described.answer}

    def _get_parameters(self) -> list[Any]:
        found: list[Any] = super()._get_parameters()
        described = self.described
        if described.makes_something:
            found.append(
                _header(
                    "Idempotency-Key",
                    "Sent again with the same body within 24 hours, it makes nothing again and has the same answer.",
                )
            )
        if described.is_conditional:
            found.append(_header("If-Match", "The ETag that it had when you read it.", is_required=True))
        if described.has_etag and self.method == "GET":
            found.append(
                _header("If-None-Match", "The ETag of what you have: answered with 304 if it is the same.")
            )
        return found

    def _get_request_body(self, direction: Any = "request") -> Any:
        found = super()._get_request_body(direction)
        if found is not None:
            found["required"] = True
            if self.method != "PATCH":
                found["content"].pop("application/merge-patch+json", None)
        return found

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)
        if isinstance(serializer, Input):
            schema["additionalProperties"] = False
        return schema

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        described, found = self.described, super()._get_response_bodies(direction)
        answer = found[str(described.status.value)]
        answer["description"] = described.status.phrase
        headers: dict[str, Any] = {}
        if described.is_list:
            answer["content"]["application/json"]["schema"] = _page(
                answer["content"]["application/json"]["schema"]
            )
            headers["Link"] = _said("The next page, where there is one (RFC 8288).", is_required=False)
        if described.has_etag:
            headers["ETag"] = _said("For If-Match and If-None-Match.")
            if self.method == "GET":
                found["304"] = {
                    "description": "It is what you have.",
                    "headers": {"ETag": _said("The same.")},
                }
        if described.status == HTTPStatus.CREATED:
            headers["Location"] = _said("Its address.")
        answer["headers"] = headers | _limit_headers()
        for status in self._problems():
            found[str(status.value)] = {
                "description": WORDS[status],
                "content": {PROBLEM_JSON: {"schema": {"$ref": f"#/components/schemas/{PROBLEM}"}}},
                "headers": _problem_headers(status),
            }
        return dict(sorted(found.items()))

    def _problems(self) -> list[HTTPStatus]:
        described, found = self.described, list(ALWAYS)
        if "{" in self.path:
            found.append(HTTPStatus.NOT_FOUND)
        if described.body is not None:
            found += [HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE]
        if described.may_conflict or described.makes_something:
            found.append(HTTPStatus.CONFLICT)
        if described.makes_something:
            found.append(HTTPStatus.UNPROCESSABLE_ENTITY)
        if described.is_conditional:
            found += [HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED]
        return found


def _header(name: str, description: str, *, is_required: bool = False) -> dict[str, Any]:
    return {
        "in": "header",
        "name": name,
        "schema": {"type": "string"},
        "description": description,
        **({"required": True} if is_required else {}),
    }


def _said(description: str, *, is_required: bool = True) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}, "required": is_required}


def _limit_headers() -> dict[str, Any]:
    # Not there where an installation has switched the limits off.
    return {
        "RateLimit": _said("What is left, and for how long.", is_required=False),
        "RateLimit-Policy": _said("How many calls in how many seconds.", is_required=False),
    }


def _problem_headers(status: HTTPStatus) -> dict[str, Any]:
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return {"WWW-Authenticate": _said("RFC 6750 §3.")}
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return {"Allow": _said("The methods that it answers.")}
        case HTTPStatus.TOO_MANY_REQUESTS:
            return {"Retry-After": _said("Seconds.")} | _limit_headers()
    return {}


def _page(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["items", "next_cursor"],
        "properties": {
            "items": {"type": "array", "items": item},
            "next_cursor": {
                "type": ["string", "null"],
                "description": "For `cursor` of the next page; null on the last.",
            },
        },
    }


def finish(result: dict[str, Any], **_given: Any) -> dict[str, Any]:
    """What stands once in the document and hangs on no view."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})[PROBLEM] = PROBLEM_SCHEMA
    components["securitySchemes"] = {
        SCHEME: {
            "type": "oauth2",
            "description": "Access tokens of this installation, in the Authorization header.",
            "flows": {
                "authorizationCode": {
                    "authorizationUrl": "/oauth/authorize",
                    "tokenUrl": "/oauth/token",
                    "refreshUrl": "/oauth/token",
                    "scopes": _scopes(),
                },
                "clientCredentials": {"tokenUrl": "/oauth/token", "scopes": _scopes()},
            },
        }
    }
    _drop(result, "x-spec-enum-id")
    return result


def _scopes() -> dict[str, str]:
    return {scope.name: str(scope.title) for scope in sorted(api_scopes, key=lambda one: one.name)}


def _drop(node: Any, name: str) -> None:
    if isinstance(node, dict):
        node.pop(name, None)
        for inner in node.values():
            _drop(inner, name)
    elif isinstance(node, list):
        for inner in node:
            _drop(inner, name)


@cache
def openapi_document() -> dict[str, Any]:
    """Once a process: it takes longer than most requests."""
    # In one language, whoever happens to ask first.
    with translation.override("en"):
        document: dict[str, Any] = SchemaGenerator(urlconf=settings.ROOT_URLCONF).get_schema(
            request=None, public=True
        )
    return document
