"""What the page for people shows of the API: the OpenAPI document, in the order in which one reads it.

All words here are the document's own, in its language.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from apps.core.api.schema import PROBLEM, SCHEME, openapi_document

METHODS = ("get", "post", "put", "patch", "delete")
LIMITS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "default")
TO_OBJECTS = "#/components/schemas/"
NEEDS = re.compile(r"\s*Needs (?:any|the) scope .*$")
EXAMPLES = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T09:00:00Z",
    "email": "nora@example.org",
    "uri": "https://app.example.org/",
    "uuid": "01890a5d-ac96-774b-bcce-b302099a8057",
}


@dataclass(frozen=True)
class Kind:
    """What a value may be. `objects`: those of the document that `words` ends in."""

    words: str
    objects: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    name: str
    kind: Kind
    is_required: bool
    description: str
    place: str = ""


@dataclass(frozen=True)
class Answer:
    status: str
    description: str
    headers: tuple[str, ...]
    content_type: str = ""
    kind: Kind | None = None
    is_problem: bool = False


@dataclass(frozen=True)
class Operation:
    anchor: str
    method: str
    path: str
    summary: str
    description: str
    scopes: tuple[str, ...]
    right: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    body_types: tuple[str, ...]
    answers: tuple[Answer, ...]
    problems: tuple[Answer, ...]
    example: str


@dataclass(frozen=True)
class Resource:
    name: str
    anchor: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Shape:
    """An object that answers consist of."""

    name: str
    description: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Scope:
    name: str
    title: str


@dataclass(frozen=True)
class Reference:
    title: str
    version: str
    description: str
    scopes: tuple[Scope, ...]
    resources: tuple[Resource, ...]
    problems: tuple[Answer, ...]
    shapes: tuple[Shape, ...]


@cache
def api_reference() -> Reference:
    """Once a process, as the document itself."""
    return reference_to(openapi_document())


def reference_to(document: Mapping[str, Any]) -> Reference:
    schemas: dict[str, Any] = document["components"]["schemas"]
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                described = methods[method]
                found.setdefault(described["tags"][0], []).append(
                    _operation(method, path, described, schemas)
                )
    operations = [one for group in found.values() for one in group]
    flows = document["components"]["securitySchemes"][SCHEME]["flows"]
    return Reference(
        title=document["info"]["title"],
        version=document["info"]["version"],
        description=document["info"]["description"],
        scopes=tuple(Scope(name, title) for name, title in flows["clientCredentials"]["scopes"].items()),
        resources=tuple(
            Resource(name, f"tag-{name.lower().replace(' ', '-')}", tuple(group))
            for name, group in sorted(found.items())
        ),
        problems=tuple(
            problem
            for _status, problem in sorted(
                {problem.status: problem for one in operations for problem in one.problems}.items()
            )
        ),
        shapes=tuple(
            Shape(name, schemas[name].get("description", ""), _fields(schemas[name], schemas))
            for name in sorted(_shown(operations, schemas))
        ),
    )


def _operation(method: str, path: str, described: Mapping[str, Any], schemas: Mapping[str, Any]) -> Operation:
    content: dict[str, Any] = described.get("requestBody", {}).get("content", {})
    body = _resolved(next(iter(content.values()))["schema"], schemas) if content else {}
    answers = [_answer(status, answer) for status, answer in described["responses"].items()]
    parameters = described.get("parameters", [])
    return Operation(
        anchor=described["operationId"],
        method=method.upper(),
        path=path,
        summary=described["summary"],
        # Scope and right stand by themselves.
        description=NEEDS.sub("", described.get("description", "")),
        scopes=tuple(name for need in described.get("security", ()) for name in need.get(SCHEME, ())),
        right=described.get("x-right", ""),
        parameters=tuple(
            Field(
                one["name"],
                _kind(one["schema"]),
                one.get("required", False),
                one.get("description", ""),
                one["in"],
            )
            for one in parameters
        ),
        body=_fields(body, schemas),
        body_types=tuple(content),
        answers=tuple(one for one in answers if not one.is_problem),
        problems=tuple(one for one in answers if one.is_problem),
        example=_example(method, path, parameters, body, schemas),
    )


def _answer(status: str, described: Mapping[str, Any]) -> Answer:
    content: dict[str, Any] = described.get("content", {})
    content_type = next(iter(content), "")
    kind = _kind(content[content_type]["schema"]) if content else None
    return Answer(
        status=status,
        description=described.get("description", ""),
        headers=tuple(described.get("headers", ())),
        content_type=content_type,
        kind=kind,
        is_problem=kind is not None and kind.objects == (PROBLEM,),
    )


def _fields(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> tuple[Field, ...]:
    required = schema.get("required", ())
    return tuple(
        Field(name, _kind(one), name in required, _resolved(one, schemas).get("description", ""))
        for name, one in schema.get("properties", {}).items()
    )


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = schemas[_object_name(schema)] if "$ref" in schema else schema
    return found


def _object_name(schema: Mapping[str, Any]) -> str:
    return str(schema["$ref"]).removeprefix(TO_OBJECTS)


def _kind(schema: Mapping[str, Any]) -> Kind:
    if "$ref" in schema:
        return Kind("", (_object_name(schema),))
    for way in ("oneOf", "anyOf", "allOf"):
        if way in schema:
            parts = [_kind(one) for one in schema[way]]
            return Kind(
                " | ".join(dict.fromkeys(part.words for part in parts if part.words)),
                tuple(name for part in parts for name in part.objects),
                tuple(choice for part in parts for choice in part.choices),
                tuple(dict.fromkeys(limit for part in parts for limit in part.limits)),
            )
    if set(schema.get("properties", ())) == {"items", "next_cursor"}:
        items = _kind(schema["properties"]["items"])
        return Kind("{items: array, next_cursor}", items.objects)
    kinds = schema.get("type", "any")
    if schema.get("maxLength") == 0:
        return Kind('""')
    words = " | ".join(kinds) if isinstance(kinds, list) else str(kinds)
    if "format" in schema:
        words = f"{words} ({schema['format']})"
    limits = tuple(f"{name}: {json.dumps(schema[name])}" for name in LIMITS if name in schema)
    inner = _kind(schema["items"]) if "items" in schema else Kind("")
    if inner.words:
        words = f"{words} of {inner.words}"
    return Kind(
        words,
        inner.objects,
        tuple(str(one) for one in schema.get("enum", ()) if one is not None) or inner.choices,
        tuple(dict.fromkeys((*limits, *inner.limits))),
    )


def _shown(operations: list[Operation], schemas: Mapping[str, Any]) -> set[str]:
    """The objects that answers and bodies name, and those that these name."""
    kinds = [answer.kind for one in operations for answer in (*one.answers, *one.problems) if answer.kind]
    waiting = [name for kind in kinds for name in kind.objects]
    waiting += [name for one in operations for field in one.body for name in field.kind.objects]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [inner for field in _fields(schemas[name], schemas) for inner in field.kind.objects]
    return found


def _example(
    method: str,
    path: str,
    parameters: list[Mapping[str, Any]],
    body: Mapping[str, Any],
    schemas: Mapping[str, Any],
) -> str:
    """To be pasted into a shell in which BASE, TOKEN and what the address names are set."""
    for one in parameters:
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", f"${one['name'].upper()}")
    wanted = [f"{one['name']}=${one['name'].upper()}" for one in parameters if _is_needed_in_query(one)]
    address = "?".join((path, "&".join(wanted))) if wanted else path
    lines = ["curl" if method == "get" else f"curl -X {method.upper()}"]
    lines[0] += f' "$BASE{address}"'
    lines.append('-H "Authorization: Bearer $TOKEN"')
    if any(one["name"] == "If-Match" for one in parameters):
        lines.append('-H "If-Match: $ETAG"')
    if body:
        lines.append('-H "Content-Type: application/json"')
        lines.append(f"-d '{json.dumps(_example_of(body, schemas), ensure_ascii=False)}'")
    return " \\\n  ".join(lines)


def _is_needed_in_query(parameter: Mapping[str, Any]) -> bool:
    return parameter["in"] == "query" and bool(parameter.get("required"))


def _example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "") -> Any:
    """What must be there, or else the first field that may be."""
    schema = _resolved(schema, schemas)
    if "oneOf" in schema:
        return _example_of(schema["oneOf"][0], schemas, name)
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type")
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            return dict(_example_fields(schema, schemas))
        case "array":
            return [_example_of(schema["items"], schemas, name)]
        case "boolean":
            return True
        case "integer" | "number":
            return schema.get("default", schema.get("minimum", 1))
    return EXAMPLES.get(schema.get("format", ""), f"example-{name.replace('_', '-')}")


def _example_fields(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    properties = schema.get("properties", {})
    for name in schema.get("required") or list(properties)[:1]:
        yield name, _example_of(properties[name], schemas, name)
