"""What directories asked for last, written after each answer: an administrator sees what their directory does here."""

from typing import Any

import asyncpg
import msgspec
import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.kit.services import Services

__all__ = ["journal"]

log = structlog.get_logger()

_KEPT = 200
"""Requests that are kept of an organisation."""
_LONGEST = 500
_WRITE = """
with used as (
    update scim_token set last_used_at = now()
    where tenant_id = $1 and id = $3 and (last_used_at is null or last_used_at < now() - interval '1 minute')),
written as (
    insert into scim_request (tenant_id, id, scim_token_id, method, path, status, detail)
    values ($1, $2, $3, $4, $5, $6, $7))
delete from scim_request where tenant_id = $1 and id <= (
    select q.id from scim_request q where q.tenant_id = $1 order by q.id desc offset $8 - 1 limit 1)
"""


def journal(app: ASGIApp) -> ASGIApp:
    """Note the method, the address and the outcome of each request of a directory, once it is answered."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        status, said = 0, b""

        async def listening(message: Message) -> None:
            nonlocal status, said
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body" and status >= 400:
                said += message["body"]
            await send(message)

        await app(scope, receive, listening)
        if scope["type"] == ScopeType.HTTP and status and "user" in scope:  # OPTIONS names nobody
            await _write(scope, status, said)

    return middleware


async def _write(scope: HTTPScope, status: int, said: bytes) -> None:
    """What can't be written is not worth an error: the request was answered."""
    services: Services = scope["litestar_app"].state.services
    principal: Principal = scope["user"]
    values = (principal.user_id, scope["method"], _address(scope)[:_LONGEST], status, _detail(said))
    try:
        async with services.database.connection(principal.tenant_id) as connection:
            await connection.execute(_WRITE, principal.tenant_id, new_id(), *values, _KEPT)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        log.warning("scim_request_not_written", error=type(error).__name__)


def _address(scope: HTTPScope) -> str:
    path = "/" + scope["path"].lstrip("/").removeprefix("scim/v2").lstrip("/")
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _detail(said: bytes) -> str | None:
    try:
        told: Any = msgspec.json.decode(said) if said else None
    except msgspec.DecodeError:
        return None
    return str(told.get("detail") or "")[:_LONGEST] or None if isinstance(told, dict) else None
