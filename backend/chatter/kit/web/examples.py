"""Examples in the OpenAPI document, put together from the examples of the fields."""

from typing import Any

from litestar import Request
from litestar.openapi.plugins import JsonRenderPlugin

__all__ = ["ExampledJson", "with_examples"]

Json = dict[str, Any]
_FORMATS = {
    "uuid": "019a1b2c-3d4e-7f50-8a1b-2c3d4e5f6071",
    "date-time": "2026-01-31T09:30:00Z",
    "binary": "(bytes)",
    "uri": "https://example.test/",
}
_TYPES: dict[str, Any] = {"string": "text", "integer": 1, "number": 0.5, "boolean": True, "null": None}
_METHODS = ("get", "put", "post", "patch", "delete")
_DEEPEST = 6


class ExampledJson(JsonRenderPlugin):
    """Renders the document as JSON, each body with an example."""

    def render(self, request: Request, openapi_schema: Json) -> bytes:  # type: ignore[type-arg]
        return super().render(request, with_examples(openapi_schema))


def with_examples(document: Json) -> Json:
    """Add an `example` to each request and response body that has none. Changes the document and returns it."""
    components = document.get("components", {}).get("schemas", {})
    for path in document.get("paths", {}).values():
        for method in _METHODS:
            operation = path.get(method, {})
            bodies = [operation.get("requestBody", {}), *operation.get("responses", {}).values()]
            for content in (media for body in bodies for media in body.get("content", {}).values()):
                if "example" not in content and "examples" not in content and content.get("schema"):
                    content["example"] = _example(content["schema"], components)
    return document


def _example(schema: Json, components: Json, *, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        return None
    for key in ("examples", "enum"):
        if isinstance(schema.get(key), list) and schema[key]:
            return schema[key][0]
    for key in ("example", "const", "default"):
        if key in schema:
            return schema[key]
    if reference := schema.get("$ref"):
        return _example(components.get(reference.rpartition("/")[2], {}), components, depth=depth + 1)
    for choice in ("oneOf", "anyOf", "allOf"):
        if options := [option for option in schema.get(choice, []) if option.get("type") != "null"]:
            return _example(options[0], components, depth=depth + 1)
    return _of_type(schema, components, depth=depth)


def _of_type(schema: Json, components: Json, *, depth: int) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next(name for name in kind if name != "null")
    if kind == "array":
        return [_example(schema.get("items", {}), components, depth=depth + 1)]
    if kind == "object" or "properties" in schema:
        properties = schema.get("properties", {})
        return {name: _example(value, components, depth=depth + 1) for name, value in properties.items()}
    if kind == "string" and schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    return schema.get("minimum", _TYPES.get(str(kind)))
