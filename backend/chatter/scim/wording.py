"""Errors as SCIM writes them (RFC 7644 §3.12): for whatever goes wrong beneath its prefix."""

from typing import Any

import msgspec
from litestar import Request, Response
from litestar.types import ExceptionHandlersMap
from pydantic import ValidationError
from scim2_models import Context, Error, SCIMException

from chatter.kit.web.problems import problem_for

__all__ = ["SCIM_JSON", "as_error", "exception_handlers", "scim_json"]

SCIM_JSON = "application/scim+json"


def as_error(error: Exception) -> Error:
    """What SCIM says of an error; what nobody expected is logged and told as 500."""
    if isinstance(error, SCIMException):
        return error.to_error()
    if isinstance(error, ValidationError):
        return Error.from_validation_errors(error)[0]
    if isinstance(error, UnicodeError):
        return Error(status=400, scim_type="invalidValue", detail="A text holds what is no character.")
    problem = problem_for(error)
    said = f"{problem.detail} {problem.remedy}" if problem.remedy else problem.detail
    if problem.status == 422:  # which SCIM does not know
        return Error(status=400, scim_type="invalidValue", detail=said)
    return Error(status=problem.status, scim_type=problem.code if problem.code == "uniqueness" else None, detail=said)


def scim_json(content: dict[str, Any], *, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(msgspec.json.encode(content), status_code=status, media_type=SCIM_JSON, headers=headers)


def _handle(_: Request, error: Exception) -> Response[bytes]:  # type: ignore[type-arg]  # generic over three app types
    told = as_error(error)
    headers = {"WWW-Authenticate": "Bearer"} if told.status == 401 else None
    return scim_json(told.model_dump(scim_ctx=Context.DEFAULT), status=told.status or 500, headers=headers)


exception_handlers: ExceptionHandlersMap = {Exception: _handle}
