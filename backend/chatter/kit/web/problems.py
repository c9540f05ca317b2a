"""Every error as an RFC 9457 problem document, but where a standard has errors of its own."""

import re
from collections.abc import Mapping
from typing import Any

import asyncpg
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, InternalServerException, ValidationException
from litestar.types import ExceptionHandlersMap
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chatter.kit.errors import ChatterError, Conflict, Invalid, Unavailable
from chatter.kit.schema import FieldProblem, Problem
from chatter.kit.telemetry import request_id
from chatter.kit.web.answer import answer_headers

__all__ = ["PROBLEM_JSON", "exception_handlers", "in_their_words", "problem_for", "problem_of", "problem_response"]

PROBLEM_JSON = "application/problem+json"
_TYPE = "https://chatter.dev/problems/"
_AWAY = "The database can't be reached at the moment."
_AWAY_REMEDY = "Try again in a few seconds. If it lasts, tell your operator."
_GONE = (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError)
_NUL = "A text holds the character NUL (U+0000), which can't be stored."
_DEEP = "The body holds lists or objects within each other, more deeply than can be read."
_UNSTORABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)

_OF_THE_BODY = re.compile(r"(?P<message>.*) - at `\$\.data\.(?P<field>.+)`", re.DOTALL)

_TITLES = {
    400: ("bad_request", "The request can't be read"),
    401: ("unauthenticated", "Please sign in"),
    403: ("forbidden", "Not allowed"),
    404: ("not_found", "Not found"),
    405: ("method_not_allowed", "This address does not take that method"),
    413: ("too_large", "Too large"),
    415: ("unsupported", "This kind of content can't be read"),
    429: ("too_many_requests", "Too many requests"),
}

log = structlog.get_logger()


def problem_of(error: ChatterError) -> Problem:
    """The document that tells a caller of this error."""
    return Problem(
        type=_TYPE + error.code,
        title=error.title,
        status=error.status,
        detail=error.detail,
        code=error.code,
        request_id=request_id.get(),
        remedy=error.remedy,
        retry_after=error.retry_after,
    )


def problem_response(problem: Problem) -> Response[Problem]:
    headers = {"Retry-After": str(problem.retry_after)} if problem.retry_after else None
    return Response(problem, status_code=problem.status, media_type=PROBLEM_JSON, headers=headers)


def problem_for(error: Exception) -> Problem:
    """The document that tells a caller of any error; what nobody expected is logged."""
    kind = next(kind for kind in type(error).__mro__ if kind in exception_handlers)
    handle: Any = exception_handlers[kind]
    found: Problem = handle(None, error).content
    return found


def in_their_words(dialects: Mapping[str, ExceptionHandlersMap]) -> ExceptionHandlersMap:
    """Our handlers; beneath a prefix that has its own, those. No route need have been found."""

    def handle(request: Request, error: Exception) -> Any:  # type: ignore[type-arg]
        error, path = _as_meant(error), request.scope["path"]
        theirs = next((own for prefix, own in dialects.items() if path.startswith(f"{prefix}/")), {})
        kinds = type(error).__mro__
        own: Any = next(words[kind] for words in (theirs, exception_handlers) for kind in kinds if kind in words)
        return own(request, error)

    return dict.fromkeys(exception_handlers, handle)


def _as_meant(error: Exception) -> Exception:
    """Litestar takes the error of a body's field that is called like a dependency for one of the server's."""
    if isinstance(error, InternalServerException) and (found := _OF_THE_BODY.fullmatch(str(error.__cause__))):
        return ValidationException(extra=[{"message": found["message"], "key": found["field"]}])
    return error


def _ours(_: Request, error: ChatterError) -> Response[Problem]:  # type: ignore[type-arg]  # generic over three app types
    headers = answer_headers.get()
    if error.challenge is not None and headers is not None:
        headers.append((b"www-authenticate", f"Bearer {error.challenge}".encode()))
    return problem_response(problem_of(error))


def _http(request: Request, error: HTTPException) -> Response[Problem]:  # type: ignore[type-arg]
    if error.status_code == 500:
        return _unexpected(request, error)
    code, title = _TITLES.get(error.status_code, ("http_error", "The request failed"))
    detail = error.detail if error.status_code < 500 else "Something went wrong on our side."
    if error.status_code == 404:
        detail = "There is nothing here, or nothing that you may see."
    return problem_response(
        Problem(
            type=_TYPE + code,
            title=title,
            status=error.status_code,
            detail=detail,
            code=code,
            request_id=request_id.get(),
        )
    )


def _validation(_: Request, error: ValidationException) -> Response[Problem]:  # type: ignore[type-arg]
    found = error.extra if isinstance(error.extra, list) else []
    errors = [
        FieldProblem(field=str(item.get("key", "")), message=str(item.get("message", "")))
        for item in found
        if isinstance(item, dict)
    ]
    return problem_response(
        Problem(
            type=_TYPE + "invalid",
            title="The request is not valid",
            status=422,
            detail="Some of the fields can't be accepted.",
            code="invalid",
            request_id=request_id.get(),
            remedy="Correct the fields that are named and send it again.",
            errors=errors,
        )
    )


def _database(_: Request, error: Exception) -> Response[Problem]:  # type: ignore[type-arg]
    if isinstance(error, IntegrityError):
        log.info("integrity_error", error=type(error.orig).__name__)
        return problem_response(problem_of(Conflict("That clashes with something that exists already.")))
    if _caused_by(error, *_UNSTORABLE):
        return problem_response(problem_of(Invalid(_NUL, remedy="Remove it and send the request again.")))
    if isinstance(error, DBAPIError) and not error.connection_invalidated and not _caused_by(error, *_GONE):
        return _unexpected(_, error)
    log.warning("database_away", error=type(error).__name__)
    return problem_response(problem_of(Unavailable(_AWAY, remedy=_AWAY_REMEDY, retry_after=2)))


def _caused_by(error: BaseException, *kinds: type[BaseException]) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, kinds):
            return True
        cause = cause.__cause__ or getattr(cause, "orig", None)
    return False


def _too_deep(request: Request, error: RecursionError) -> Response[Problem]:  # type: ignore[type-arg]
    """A body that is nested too deeply to be read; any other recursion is a mistake of ours."""
    if "deserializing" not in str(error):
        return _unexpected(request, error)
    return problem_response(problem_of(Invalid(_DEEP, remedy="Send a body with fewer levels.")))


def _unexpected(_: Request, error: Exception) -> Response[Problem]:  # type: ignore[type-arg]
    log.error("unexpected_error", exc_info=error)
    return problem_response(
        Problem(
            type=_TYPE + "internal",
            title="Something went wrong",
            status=500,
            detail="Something went wrong on our side.",
            code="internal",
            request_id=request_id.get(),
            remedy="Try again. If it fails again, tell your operator the request id.",
        )
    )


exception_handlers: ExceptionHandlersMap = {
    ChatterError: _ours,
    ValidationException: _validation,
    HTTPException: _http,
    DBAPIError: _database,
    PoolTimeout: _database,
    asyncpg.PostgresConnectionError: _database,
    asyncpg.CannotConnectNowError: _database,
    asyncpg.InterfaceError: _database,
    asyncpg.CharacterNotInRepertoireError: _database,
    asyncpg.UntranslatableCharacterError: _database,
    ConnectionError: _database,
    RecursionError: _too_deep,
    Exception: _unexpected,
}
