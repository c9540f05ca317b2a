"""The outermost layer of the API: an id and an origin for each request, and the same-origin rule for cookies."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

import msgspec
from litestar.connection import ASGIConnection
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.status_codes import HTTP_401_UNAUTHORIZED
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from chatter.kit.errors import ChatterError, Forbidden
from chatter.kit.identifiers import new_id
from chatter.kit.telemetry import client_address, request_id
from chatter.kit.web.answer import answer_headers
from chatter.kit.web.client_address import TrustedProxies
from chatter.kit.web.problems import PROBLEM_JSON, problem_of

__all__ = [
    "SESSION_COOKIE",
    "CrossOriginRefused",
    "HeadersTooLarge",
    "refuse_cross_origin",
    "refuse_foreign_pages",
    "request_middleware",
]

SESSION_COOKIE = "chatter_session"
_WWW_AUTHENTICATE = b"www-authenticate"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_HTTPS_ONLY = ((b"strict-transport-security", b"max-age=31536000"),)
_OURS = frozenset({b"x-request-id", *(name for name, _ in (*_ALWAYS, *_HTTPS_ONLY))})
_MOST_HEADERS = 100
_MOST_HEADER_BYTES = 32 * 1024
_UNLESS_SET = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class CrossOriginRefused(Forbidden):
    """A page of another site tried to act with this browser's session."""

    code, title = "cross_origin", "Refused: the request came from another site"


class HeadersTooLarge(ChatterError):
    """No browser and no program of good will sends that much."""

    code, status, title = "headers_too_large", 431, "The headers are too large"


def request_middleware(app: ASGIApp, *, proxies: TrustedProxies, challenge: str, https_only: bool) -> ASGIApp:
    """Take the caller's X-Request-ID when it is harmless, else make one; answer with it. Note where it came from.

    `challenge` says, on each 401, how one is let in (RFC 9110, 11.6.1): parameters of the scheme Bearer. What a bearer
    that was shown lacks is said beside it (RFC 6750, 3.1).
    """
    always = (*_ALWAYS, *_HTTPS_ONLY) if https_only else _ALWAYS

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        given = Headers.from_scope(scope).get("x-request-id", "")
        current = given if _REQUEST_ID.fullmatch(given) else new_id().hex
        request_id.set(current)
        client_address.set(proxies.address_of(scope))
        added: list[tuple[bytes, bytes]] = []
        answer_headers.set(added)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = (*always, (b"x-request-id", current.encode()))
                told = _challenged(added, scope, status=message["status"], challenge=challenge)
                message["headers"] = _completed([*message["headers"], *told], ours)
            await send(message)

        if _too_large(list(scope["headers"])):
            await _refuse_headers(with_headers)
            return
        await app(scope, receive, with_headers)

    return middleware


def _challenged(
    added: Iterable[tuple[bytes, bytes]], scope: Scope, *, status: int, challenge: str
) -> list[tuple[bytes, bytes]]:
    """The headers with how one is let in: that the bearer which was shown is not good, or what it lacks."""
    if status == HTTP_401_UNAUTHORIZED:
        shown = Headers.from_scope(scope).get("authorization", "").lower().startswith("bearer ")
        error = 'error="invalid_token", ' if shown else ""
        return [*added, (_WWW_AUTHENTICATE, f"Bearer {error}{challenge}".encode())]
    return [(name, value + f", {challenge}".encode() if name == _WWW_AUTHENTICATE else value) for name, value in added]


def _too_large(headers: list[tuple[bytes, bytes]]) -> bool:
    size = sum([len(name) + len(value) for name, value in headers])
    return len(headers) > _MOST_HEADERS or size > _MOST_HEADER_BYTES


async def _refuse_headers(send: Send) -> None:
    error = HeadersTooLarge(
        f"A request has at most {_MOST_HEADERS} headers of {_MOST_HEADER_BYTES // 1024} KiB in all.",
        remedy="Send fewer or shorter headers. In a browser: delete the cookies of this site.",
    )
    body = msgspec.json.encode(problem_of(error))
    headers = [(b"content-type", PROBLEM_JSON.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _completed(
    headers: Iterable[tuple[bytes, bytes]], ours: Sequence[tuple[bytes, bytes]]
) -> list[tuple[bytes, bytes]]:
    """The answer's headers with ours, as pairs: each look-up by name would go through all of them."""
    kept = [pair for pair in headers if pair[0] not in _OURS]
    present = {name for name, _ in kept}
    return [*kept, *(pair for pair in _UNLESS_SET if pair[0] not in present), *ours]


def refuse_cross_origin(scope: Scope) -> None:
    """Raise CrossOriginRefused when a browser sends a cookie-borne change from a page of another origin."""
    if scope["type"] != ScopeType.HTTP or scope["method"] in _SAFE:
        return
    headers = Headers.from_scope(scope)
    # A bearer's token is not sent by a browser by itself; what it knows of a proxy's password (Basic) is.
    if headers.get("authorization", "").lower().startswith("bearer ") or SESSION_COOKIE not in headers.get(
        "cookie", ""
    ):
        return
    _refuse_foreign(headers)


async def refuse_foreign_pages(connection: ASGIConnection, handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]
    """Raise CrossOriginRefused when a page of another site uses a public route: it could sign its visitors in.

    A route that neither reads nor sets a cookie may say `cross_origin`.
    """
    public = handler.opt.get("public") and not handler.opt.get("cross_origin")
    if public and connection.scope.get("method") not in _SAFE:
        _refuse_foreign(connection.headers)


def _refuse_foreign(headers: Headers) -> None:
    origin = headers.get("origin")
    if origin is not None:
        same = urlsplit(origin).netloc == headers.get("host")
    else:
        same = headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}
    if not same:
        raise CrossOriginRefused(
            "The request came from a page of another site.", remedy="Use the page of this server itself."
        )
