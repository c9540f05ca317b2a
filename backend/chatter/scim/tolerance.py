"""What real directories mean by what they send beyond the standard."""

from typing import Any

__all__ = ["as_meant"]


def as_meant(payload: Any) -> Any:
    """A patch without the nulls in what a remove names: Entra ID sends `{"$ref": null, "value": …}` for a member."""
    operations = payload.get("Operations") if isinstance(payload, dict) else None
    if not isinstance(operations, list):
        return payload
    return {**payload, "Operations": [_without_nulls(operation) for operation in operations]}


def _without_nulls(operation: Any) -> Any:
    if not isinstance(operation, dict) or str(operation.get("op")).lower() != "remove":
        return operation
    if not isinstance(operation.get("value"), list):
        return operation
    named = [
        {name: inner for name, inner in one.items() if inner is not None} if isinstance(one, dict) else one
        for one in operation["value"]
    ]
    return {**operation, "value": named}
