"""What breaks a program that was written against an earlier OpenAPI document.

`python -m tests.contract.compatibility` holds the program against docs/openapi.json, which programs rely on;
with `--write` it becomes that document. What is meant to break stands in tests/contract/broken.toml, with its reason.
"""

import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from chatter.api import build_api
from chatter.kit.settings import Settings

__all__ = ["breaking_changes", "current_document"]

Json = dict[str, Any]
_ROOT = Path(__file__).parents[2]
_RELIED_ON = _ROOT / "docs" / "openapi.json"
_MEANT = Path(__file__).with_name("broken.toml")
_METHODS = ("get", "put", "post", "patch", "delete")
_LOWER = ("minimum", "minLength", "minItems", "exclusiveMinimum")
_UPPER = ("maximum", "maxLength", "maxItems", "exclusiveMaximum")


def current_document() -> Json:
    """The document of the program as it is, with nothing in it that JSON has not."""
    document: Json = msgspec.to_builtins(build_api(Settings(secret_key="0" * 32)).openapi_schema.to_schema())
    return document


def breaking_changes(old: Json, new: Json) -> list[str]:
    """One line for each change that an existing program would notice."""
    return sorted(set(_Comparison(old, new).changes()))


class _Comparison:
    def __init__(self, old: Json, new: Json) -> None:
        self._old = old
        self._new = new

    def changes(self) -> Iterator[str]:
        for path, operations in self._old["paths"].items():
            for method in (method for method in _METHODS if method in operations):
                place, now = f"{method.upper()} {path}", self._new["paths"].get(path, {}).get(method)
                if now is None:
                    yield f"{place}: is gone"
                else:
                    yield from self._operation(place, operations[method], now)

    def _operation(self, place: str, old: Json, new: Json) -> Iterator[str]:
        if old.get("operationId") != new.get("operationId"):
            yield f"{place}: has another operation id"
        yield from self._parameters(place, old.get("parameters", []), new.get("parameters", []))
        yield from self._request(place, old.get("requestBody"), new.get("requestBody"))
        for status, answer in old.get("responses", {}).items():
            if not status.startswith("2"):
                continue
            if status not in new.get("responses", {}):
                yield f"{place}: answers {status} no longer"
                continue
            yield from self._contents(f"{place} {status}", answer, new["responses"][status], sent=False)

    def _parameters(self, place: str, old: list[Json], new: list[Json]) -> Iterator[str]:
        before, now = ({(p["in"], p["name"]): p for p in each} for each in (old, new))
        for key, parameter in now.items():
            known = before.get(key)
            if parameter.get("required") and not (known and known.get("required")):
                yield f"{place} {key[1]}: is now required"
        for key, parameter in before.items():
            if key not in now:
                yield f"{place} {key[1]}: is gone"
            else:
                yield from self._schema(f"{place} {key[1]}", parameter["schema"], now[key]["schema"], sent=True)

    def _request(self, place: str, old: Json | None, new: Json | None) -> Iterator[str]:
        if new and new.get("required") and not (old and old.get("required")):
            yield f"{place}: now needs a body"
        if old and new:
            yield from self._contents(f"{place} body", old, new, sent=True)
        elif old:
            yield f"{place}: takes a body no longer"

    def _contents(self, place: str, old: Json, new: Json, *, sent: bool) -> Iterator[str]:
        for kind, content in old.get("content", {}).items():
            if kind not in new.get("content", {}):
                yield f"{place}: is {kind} no longer"
            elif "schema" in content:
                yield from self._schema(place, content["schema"], new["content"][kind].get("schema", {}), sent=sent)

    def _schema(
        self, place: str, old: Json, new: Json, *, sent: bool, seen: frozenset[str] = frozenset()
    ) -> Iterator[str]:
        """`sent` by a program, which must go on being accepted; else received, which must go on being what it was."""
        if (name := old.get("$ref", "")) in seen:
            return
        seen |= {name} if name else set()
        before, now = _choices(old, self._old), _choices(new, self._new)
        lost, added = before.keys() - now.keys(), now.keys() - before.keys()
        for kind in sorted(lost if sent else added):
            yield f"{place}: is {kind} {'no longer' if sent else 'now, too'}"
        for kind in sorted(before.keys() & now.keys()):
            yield from _values(place, before[kind], now[kind], sent=sent)
            yield from self._properties(place, before[kind], now[kind], sent=sent, seen=seen)
            if "items" in before[kind] and "items" in now[kind]:
                items, items_now = before[kind]["items"], now[kind]["items"]
                yield from self._schema(f"{place}[]", items, items_now, sent=sent, seen=seen)

    def _properties(self, place: str, old: Json, new: Json, *, sent: bool, seen: frozenset[str]) -> Iterator[str]:
        needed, needed_now = set(old.get("required", [])), set(new.get("required", []))
        fields, fields_now = old.get("properties", {}), new.get("properties", {})
        for field in sorted((needed_now - needed) if sent else (needed - needed_now) & fields_now.keys()):
            yield f"{place}.{field}: is {'now required' if sent else 'always there no longer'}"
        for field, schema in fields.items():
            if field not in fields_now:
                yield f"{place}.{field}: is gone"
            else:
                yield from self._schema(f"{place}.{field}", schema, fields_now[field], sent=sent, seen=seen)


def _values(place: str, old: Json, new: Json, *, sent: bool) -> Iterator[str]:
    """What one kind of value may be: less when it is sent, another form when it is received."""
    if sent:
        for value in _enum(old) - _enum(new) if _enum(new) else set():
            yield f"{place}: {value!r} is accepted no longer"
        if _enum(new) and not _enum(old):
            yield f"{place}: only some values are accepted now"
        for bound in (*_LOWER, *_UPPER):
            before, now = old.get(bound), new.get(bound)
            if now is not None and (before is None or (now > before if bound in _LOWER else now < before)):
                yield f"{place}: {bound} is now {now}"
        if new.get("pattern") not in (None, old.get("pattern")):
            yield f"{place}: has another pattern"
    for word in ("format", "const"):
        if old.get(word) != new.get(word) and (new.get(word) is not None or not sent):
            yield f"{place}: has another {word}"


def _enum(schema: Json) -> set[object]:
    return set(schema.get("enum", ()))


def _choices(schema: Json, document: Json) -> dict[str, Json]:
    """The kinds of values that a schema stands for, each with its schema; of several objects, by name."""
    if reference := schema.get("$ref"):
        return _choices(document["components"]["schemas"][reference.rpartition("/")[2]], document)
    found: dict[str, Json] = {}
    alternatives = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    for alternative in alternatives:
        for kind, inner in _choices(alternative, document).items():
            several = kind == "object" and len(alternatives) > 1 and "$ref" in alternative
            found[alternative["$ref"].rpartition("/")[2] if several else kind] = inner
    if alternatives:
        return found
    kinds = schema.get("type", "anything")
    return dict.fromkeys([kinds] if isinstance(kinds, str) else kinds, schema)


def main() -> int:
    """Say what breaks; the number of changes that nobody meant."""
    meant = {change["what"] for change in tomllib.loads(_MEANT.read_text()).get("change", [])}
    new = current_document()
    old = json.loads(_RELIED_ON.read_text()) if _RELIED_ON.exists() else new
    changes = breaking_changes(old, new)
    unmeant = [change for change in changes if change not in meant]
    for change in unmeant:
        print(f"breaks programs: {change}")
    if unmeant:
        print(f"Keep what programs rely on, or name it with a reason in {_MEANT.relative_to(_ROOT)}.")
    elif "--write" in sys.argv:
        _RELIED_ON.write_text(json.dumps(new, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    return len(unmeant)


if __name__ == "__main__":
    sys.exit(main())
