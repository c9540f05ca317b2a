"""Secrets never reach the audit log: fields that are marked, and fields whose name says it."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

__all__ = ["MASKED", "SECRET", "masked_json"]

MASKED = "[secret]"
SECRET = msgspec.Meta(extra={"secret": True})
"""Marks a field of a Struct: `pin: Annotated[str, SECRET]`."""

_NAMES = re.compile(
    r"(^|_)(passwd|password|passphrase|secret|token|key|authorization|cookie|credential|otp)(_hash|_sealed)?$",
    re.IGNORECASE,
)


def masked_json(value: msgspec.Struct | None) -> str | None:
    """The Struct as JSON, its secrets replaced by `[secret]`; a secret that is null stays null."""
    return None if value is None else msgspec.json.encode(_masked(value)).decode()


def _masked(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        kind = type(value)
        plain = msgspec.to_builtins(value)
        names = zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True)
        return {
            encoded: _field(encoded, getattr(value, name), marked=name in _marked(kind))
            for name, encoded in names
            if encoded in plain
        }
    if isinstance(value, Mapping):
        return {str(name): _field(str(name), item, marked=False) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(item) for item in value]
    return value


def _field(name: str, value: Any, *, marked: bool) -> Any:
    if value is None or not (marked or (isinstance(value, str | bytes) and _NAMES.search(name))):
        return _masked(value)
    return MASKED


@cache
def _marked(kind: type[msgspec.Struct]) -> frozenset[str]:
    hints = get_type_hints(kind, include_extras=True)
    return frozenset(name for name, hint in hints.items() if _is_secret(hint))


def _is_secret(hint: Any) -> bool:
    """Also inside a union: `Annotated[str, SECRET] | None`."""
    if get_origin(hint) is Annotated:
        return any(isinstance(meta, msgspec.Meta) and (meta.extra or {}).get("secret") for meta in hint.__metadata__)
    return any(_is_secret(inner) for inner in get_args(hint))
