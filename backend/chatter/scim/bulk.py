"""Many operations in one request (RFC 7644 §3.7): each in a transaction of its own, names before their use."""

from typing import Any

from pydantic import ValidationError
from scim2_models import (
    ConflictException,
    Context,
    InvalidSyntaxException,
    InvalidValueException,
    PayloadTooLargeException,
    SCIMException,
)
from sqlalchemy.exc import DBAPIError

from chatter.kit.errors import ChatterError
from chatter.scim.directory import Directory, Target
from chatter.scim.entries import Kept
from chatter.scim.resources import MAX_OPERATIONS
from chatter.scim.wording import as_error

__all__ = ["Bulk"]

_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
_PREFIX = "bulkId:"
_METHODS = ("POST", "PUT", "PATCH", "DELETE")
Json = dict[str, Any]


class Bulk:
    """One bulk request of a directory."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._made: dict[str, str] = {}
        """The ids of what was made, by the names that the request gave them."""

    async def run(self, payload: Json) -> Json:
        """Do what can be done, until there were too many errors; an operation waits for those whose names it uses."""
        waiting, fail_on_errors = _read(payload)
        results: list[Json] = []
        while waiting and not _too_many(results, fail_on_errors):
            ready = next((one for one in waiting if self._names_in(one) <= self._made.keys()), None)
            operation = ready if ready is not None else waiting[0]
            waiting.remove(operation)
            results.append(await self._result(operation))
        return {"schemas": [_RESPONSE], "Operations": results}

    async def _result(self, operation: Json) -> Json:
        """What an operation came to: the edge at which its errors become its own."""
        told = {name: operation[name] for name in ("method", "bulkId") if isinstance(operation.get(name), str)}
        try:
            status, kept = await self._done(operation)
        except (SCIMException, ValidationError, ChatterError, DBAPIError, UnicodeError) as error:
            said = as_error(error)
            location = self._location(operation)
            return told | location | {"status": str(said.status), "response": said.model_dump(scim_ctx=Context.DEFAULT)}
        if kept is None:
            return told | self._location(operation) | {"status": str(status)}
        if isinstance(operation.get("bulkId"), str):
            self._made[operation["bulkId"]] = str(kept.resource.id)
        location = {"location": str(kept.resource.meta.location), "version": kept.version}
        return told | location | {"status": str(status)}

    async def _done(self, operation: Json) -> tuple[int, Kept | None]:
        method, path, bulk_id = operation.get("method"), operation.get("path"), operation.get("bulkId")
        if method not in _METHODS or not isinstance(path, str):
            raise InvalidSyntaxException(detail="An operation needs a method (POST, PUT, PATCH, DELETE) and a path.")
        if method == "POST" and not isinstance(bulk_id, str):
            raise InvalidValueException(detail="An operation that makes something needs a bulkId.")
        if missing := self._names_in(operation) - self._made.keys():
            raise ConflictException(detail=f"bulkId:{min(missing)} names nothing that this request made.")
        target, data = Target.of(self._with_ids(path)), self._with_ids(operation.get("data"))
        return await self._do(method, target, data, if_match=operation.get("version"))

    async def _do(self, method: str, target: Target, data: Any, *, if_match: str | None) -> tuple[int, Kept | None]:
        if method == "POST":
            return 201, await self._directory.create(target, data)
        if method == "DELETE":
            await self._directory.delete(target, if_match=if_match)
            return 204, None
        change = self._directory.replace if method == "PUT" else self._directory.patch
        return 200, await change(target, data, if_match=if_match)

    def _location(self, operation: Json) -> Json:
        path = operation.get("path")
        if operation.get("method") == "POST" or not isinstance(path, str):
            return {}
        return {"location": f"{self._directory.base_url}/{path.lstrip('/')}"}

    def _names_in(self, operation: Json) -> set[str]:
        return set(_names({"path": operation.get("path"), "data": operation.get("data")}))

    def _with_ids(self, value: Any) -> Any:
        """The same, with ids in place of the names of what was made."""
        if isinstance(value, dict):
            return {key: self._with_ids(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._with_ids(inner) for inner in value]
        if isinstance(value, str) and _PREFIX in value:
            head, _, name = value.partition(_PREFIX)
            return head + self._made.get(name, name)
        return value


def _read(payload: Json) -> tuple[list[Json], int | None]:
    """The operations, and how many errors end it; raises for what is no bulk request, or too large a one."""
    operations, fail_on_errors = payload.get("Operations"), payload.get("failOnErrors")
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise InvalidSyntaxException(detail="A bulk request needs a list of Operations.")
    if fail_on_errors is not None and (not isinstance(fail_on_errors, int) or fail_on_errors < 1):
        raise InvalidValueException(detail="failOnErrors is a number from 1.")
    if len(operations) > MAX_OPERATIONS:
        raise PayloadTooLargeException(detail=f"A bulk request holds at most {MAX_OPERATIONS} operations.")
    return list(operations), fail_on_errors


def _names(value: Any) -> list[str]:
    """The bulkIds that a value refers to."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return [name for one in inner for name in _names(one)]
    return [value.partition(_PREFIX)[2]] if isinstance(value, str) and _PREFIX in value else []


def _too_many(results: list[Json], fail_on_errors: int | None) -> bool:
    return fail_on_errors is not None and sum(int(result["status"]) >= 400 for result in results) >= fail_on_errors
