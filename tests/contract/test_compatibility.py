"""Each kind of change that would break a program is found, and none that would not."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest
from litestar import Controller, Litestar, get

from chatter.kit.routes import Deprecated, route
from chatter.kit.web.client_address import TrustedProxies
from chatter.kit.web.deprecation import announce_deprecations
from chatter.kit.web.edge import request_middleware
from tests.contract.compatibility import breaking_changes, current_document
from tests.people import asgi

Json = dict[str, Any]
THING = "#/components/schemas/Thing"
DOCUMENT: Json = {
    "paths": {
        "/things": {
            "post": {
                "operationId": "MakeThing",
                "parameters": [
                    {"in": "query", "name": "limit", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
                    {"in": "query", "name": "kind", "schema": {"type": "string", "enum": ["a", "b"]}},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": THING}}}, "required": True},
                "responses": {
                    "201": {"content": {"application/json": {"schema": {"$ref": THING}}}},
                    "404": {"content": {"application/problem+json": {"schema": {"type": "object"}}}},
                },
            },
            "get": {"operationId": "ListThings", "responses": {"200": {}}},
        }
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "maxLength": 60},
                    "note": {"oneOf": [{"type": "string"}, {"type": "null"}]},
                    "parts": {"type": "array", "items": {"$ref": THING}},
                },
            }
        }
    },
}


def _operation(document: Json) -> Json:
    return cast(Json, document["paths"]["/things"]["post"])


def _fields(document: Json) -> Json:
    return cast(Json, document["components"]["schemas"]["Thing"])


def _set(target: Callable[[Json], Json], **values: Any) -> Callable[[Json], None]:
    return lambda document: target(document).update(values)


def _without(target: Callable[[Json], Json], key: str) -> Callable[[Json], None]:
    return lambda document: target(document).pop(key)


def _parameter(document: Json, index: int = 0) -> Json:
    return cast(Json, _operation(document)["parameters"][index])


BREAKING: dict[str, tuple[Callable[[Json], Any], str]] = {
    "a path": (_without(lambda d: d["paths"], "/things"), "POST /things: is gone"),
    "a method": (_without(lambda d: d["paths"]["/things"], "get"), "GET /things: is gone"),
    "an operation id": (_set(_operation, operationId="Make"), "has another operation id"),
    "a parameter": (lambda d: _operation(d)["parameters"].pop(), "kind: is gone"),
    "a parameter that is required now": (_set(_parameter, required=True), "limit: is now required"),
    "a new parameter that is required": (
        lambda d: _operation(d)["parameters"].append(
            {"in": "query", "name": "new", "schema": {"type": "string"}, "required": True}
        ),
        "new: is now required",
    ),
    "a narrower bound": (_set(lambda d: _parameter(d)["schema"], maximum=50), "maximum is now 50"),
    "a new bound": (_set(lambda d: _parameter(d, 1)["schema"], minLength=1), "minLength is now 1"),
    "a value of a choice": (_set(lambda d: _parameter(d, 1)["schema"], enum=["a"]), "'b' is accepted no longer"),
    "a choice where all was accepted": (
        _set(lambda d: _fields(d)["properties"]["name"], enum=["x"]),
        "only some values are accepted now",
    ),
    "a pattern": (_set(lambda d: _fields(d)["properties"]["name"], pattern="^x"), "has another pattern"),
    "a format": (_set(lambda d: _fields(d)["properties"]["name"], format="uuid"), "has another format"),
    "a type": (_set(lambda d: _fields(d)["properties"], name={"type": "integer"}), "name: is string no longer"),
    "a field": (_without(lambda d: _fields(d)["properties"], "note"), "note: is gone"),
    "a field that is required now": (_set(_fields, required=["name", "note"]), "body.note: is now required"),
    "a field that is not always there": (_set(_fields, required=[]), "201.name: is always there no longer"),
    "a field that may not be null": (
        _set(lambda d: _fields(d)["properties"], note={"type": "string"}),
        "body.note: is null no longer",
    ),
    "a field that may be null": (
        _set(lambda d: _fields(d)["properties"], name={"type": ["string", "null"]}),
        "201.name: is null now, too",
    ),
    "a status": (_without(lambda d: _operation(d)["responses"], "201"), "answers 201 no longer"),
    "a media type": (
        _set(lambda d: _operation(d)["responses"]["201"], content={"text/plain": {}}),
        "201: is application/json no longer",
    ),
    "a body that is not taken any more": (_without(_operation, "requestBody"), "takes a body no longer"),
}
HARMLESS: dict[str, Callable[[Json], Any]] = {
    "another path": _set(lambda d: d["paths"], **{"/others": {"get": {"operationId": "X", "responses": {}}}}),
    "an optional parameter": lambda d: _operation(d)["parameters"].append(
        {"in": "query", "name": "new", "schema": {"type": "string"}}
    ),
    "a wider bound": _set(lambda d: _parameter(d)["schema"], maximum=500),
    "another value of a choice": _set(lambda d: _parameter(d, 1)["schema"], enum=["a", "b", "c"]),
    "another field": _set(lambda d: _fields(d)["properties"], new={"type": "string"}),
    "another error": _set(lambda d: _operation(d)["responses"], **{"409": {}}),
    "an error that is gone": _without(lambda d: _operation(d)["responses"], "404"),
    "a description": _set(_operation, description="Makes a thing.", deprecated=True),
}


@pytest.mark.parametrize("name", BREAKING)
def test_a_change_that_breaks_programs_is_found(name: str) -> None:
    change, said = BREAKING[name]
    document = copy.deepcopy(DOCUMENT)
    change(document)
    assert any(said in line for line in breaking_changes(DOCUMENT, document)), breaking_changes(DOCUMENT, document)


@pytest.mark.parametrize("name", HARMLESS)
def test_a_change_that_breaks_nothing_is_let_through(name: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    HARMLESS[name](document)
    assert breaking_changes(DOCUMENT, document) == []


def test_a_document_is_compatible_with_itself() -> None:
    assert breaking_changes(current_document(), current_document()) == []


class _OldController(Controller):
    @get(
        "/old",
        operation_id="GetOld",
        opt=route(
            public=True,
            deprecated=Deprecated(
                since=datetime(2026, 1, 1, tzinfo=UTC), ends=datetime(2027, 1, 1, tzinfo=UTC), instead="/api/v1/new"
            ),
        ),
    )
    async def old(self) -> str:
        return "old"

    @get("/new", operation_id="GetNew", opt=route(public=True))
    async def new(self) -> str:
        return "new"


async def test_a_route_that_will_go_says_so_on_each_answer_and_in_the_document() -> None:
    announce_deprecations([_OldController])
    app = Litestar([_OldController], openapi_config=None)
    app.asgi_handler = request_middleware(
        app.asgi_handler, proxies=TrustedProxies([]), challenge='realm="test"', https_only=False
    )
    async with httpx.AsyncClient(transport=asgi(app), base_url="http://chatter.test") as client:
        old, new = await client.get("/old"), await client.get("/new")
    assert old.headers["deprecation"] == "@1767225600"
    assert old.headers["sunset"] == "Fri, 01 Jan 2027 00:00:00 GMT"
    assert old.headers["link"] == '</api/v1/new>; rel="successor-version"'
    assert not {"deprecation", "sunset", "link"} & set(new.headers)
    document = Litestar([_OldController]).openapi_schema.to_schema()
    assert document["paths"]["/old"]["get"]["deprecated"] is True
    assert "deprecated" not in document["paths"]["/new"]["get"] or not document["paths"]["/new"]["get"]["deprecated"]
