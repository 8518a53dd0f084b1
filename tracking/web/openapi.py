"""OpenAPI 3.1, made from the route table and the models that the handlers use."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from schemas.api import Problem
from tracking.web.routing import Model, Parameter, Route

Json = dict[str, Any]
_REF = "#/components/schemas/{model}"
_PATH_FIELD = re.compile(r"\{(\w+)\}")
_UUIDS = frozenset({"shipment_id", "webhook_id", "delivery_id"})
_MAX_EVENTS = 1000
_KEYS: list[dict[str, list[str]]] = [{"bearer": []}, {"basic": []}]


def openapi(routes: Sequence[Route], server: str) -> Json:
    """The description of everything that answers on the public port."""
    names, schemas = models_json_schema(_models(routes), ref_template=_REF)
    paths: dict[str, Json] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Klāt",
            "version": version("klat"),
            "description": "Last-mile tracking: events of couriers in, tracking pages out.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {"schemas": schemas["$defs"], "securitySchemes": _SCHEMES},
    }


_SCHEMES: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer <key>"},
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "For webhooks that know addresses only: the key as password, any user",
    },
    "callback": {
        "type": "http",
        "scheme": "bearer",
        "description": "A secret of the callback's own, set by the operator",
    },
}


def _models(routes: Sequence[Route]) -> list[tuple[Model, JsonSchemaMode]]:
    wanted: list[tuple[Model, JsonSchemaMode]] = [(Problem, "serialization")]
    for route in routes:
        if route.body is not None:
            wanted.append((route.body, "validation"))
        wanted += [
            (answer, "serialization")
            for answer in route.answers.values()
            if isinstance(answer, type)
        ]
    return list(dict.fromkeys(wanted))


def _operation(route: Route, names: Any) -> Json:
    operation: Json = {
        "operationId": route.handler.__name__,
        "summary": route.summary,
        "parameters": _parameters(route),
        "responses": _responses(route, names),
        "security": _security(route),
    }
    if route.takes_body:
        operation["requestBody"] = {"required": True, "content": _content(route, names)}
    return operation


def _security(route: Route) -> list[dict[str, list[str]]]:
    match route.access:
        case "key":
            return _KEYS
        case "key or signature":
            return [*_KEYS, {}]
        case "secret":
            return [{"callback": []}]
        case "link" | "session" | "signature" | "none":
            return []


def _parameters(route: Route) -> list[Json]:
    in_path = [_path_field(name) for name in _PATH_FIELD.findall(route.path)]
    return in_path + [_parameter(each) for each in route.parameters]


def _path_field(name: str) -> Json:
    schema = {"type": "string"} | ({"format": "uuid"} if name in _UUIDS else {})
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _parameter(each: Parameter) -> Json:
    return {
        "name": each.name,
        "in": each.where,
        "required": each.required,
        "description": each.description,
        "schema": {"type": "string"},
    }


def _content(route: Route, names: Any) -> Json:
    if route.body is None:
        return {media: {"schema": {}} for media in route.media}
    one = names[route.body, "validation"]
    if not route.batch:
        return {media: {"schema": one} for media in route.media}
    many = {"type": "array", "items": one, "maxItems": _MAX_EVENTS}
    return {
        "application/json": {"schema": {"anyOf": [one, many]}},
        "application/x-ndjson": {"schema": {"type": "string", "description": "One event a line"}},
    }


def _responses(route: Route, names: Any) -> Json:
    problem = names[Problem, "serialization"]
    answers = {
        str(status): _answer(status, answer, names) for status, answer in route.answers.items()
    }
    return answers | {
        str(status): _described(status, {"application/problem+json": {"schema": problem}})
        for status in route.problems
    }


def _answer(status: int, answer: Model | str | None, names: Any) -> Json:
    if answer is None:
        return _described(status)
    if isinstance(answer, str):
        return _described(status, {answer: {"schema": {}}})
    media = "application/problem+json" if issubclass(answer, Problem) else "application/json"
    return _described(status, {media: {"schema": names[answer, "serialization"]}})


def _described(status: int, content: Json | None = None) -> Json:
    described: Json = {"description": HTTPStatus(status).phrase}
    return described | ({"content": content} if content else {})
