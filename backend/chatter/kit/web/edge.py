"""The outermost layer of the API: an id and an origin for each request, and the same-origin rule for cookies."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.status_codes import HTTP_401_UNAUTHORIZED
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from chatter.kit.errors import Forbidden
from chatter.kit.identifiers import new_id
from chatter.kit.telemetry import client_address, request_id
from chatter.kit.web.answer import answer_headers
from chatter.kit.web.client_address import TrustedProxies

__all__ = ["SESSION_COOKIE", "CrossOriginRefused", "refuse_cross_origin", "request_middleware"]

SESSION_COOKIE = "chatter_session"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_ALWAYS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin"))
_OURS = frozenset({b"x-request-id", *(name for name, _ in _ALWAYS)})
_UNLESS_SET = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class CrossOriginRefused(Forbidden):
    """A page of another site tried to act with this browser's session."""

    code, title = "cross_origin", "Refused: the request came from another site"


def request_middleware(app: ASGIApp, *, proxies: TrustedProxies, challenge: str) -> ASGIApp:
    """Take the caller's X-Request-ID when it is harmless, else make one; answer with it. Note where it came from.

    `challenge` says, on each 401, how one is let in (RFC 9110, 11.6.1).
    """
    www_authenticate = (b"www-authenticate", challenge.encode())

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
                message["headers"] = _completed([*message["headers"], *added], current=current)
                if message["status"] == HTTP_401_UNAUTHORIZED:
                    message["headers"] = [*message["headers"], www_authenticate]
            await send(message)

        await app(scope, receive, with_headers)

    return middleware


def _completed(headers: Iterable[tuple[bytes, bytes]], *, current: str) -> list[tuple[bytes, bytes]]:
    """The answer's headers with ours, as pairs: each look-up by name would go through all of them."""
    ours = (*_ALWAYS, (b"x-request-id", current.encode()))
    kept = [pair for pair in headers if pair[0] not in _OURS]
    present = {name for name, _ in kept}
    return [*kept, *(pair for pair in _UNLESS_SET if pair[0] not in present), *ours]


def refuse_cross_origin(scope: Scope) -> None:
    """Raise CrossOriginRefused when a browser sends a cookie-borne change from a page of another origin."""
    if scope["type"] != ScopeType.HTTP or scope["method"] in _SAFE:
        return
    headers = Headers.from_scope(scope)
    if headers.get("authorization") or SESSION_COOKIE not in headers.get("cookie", ""):
        return
    origin = headers.get("origin")
    if origin is not None:
        same = urlsplit(origin).netloc == headers.get("host")
    else:
        same = headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}
    if not same:
        raise CrossOriginRefused(
            "The request came from a page of another site.", remedy="Use the page of this server itself."
        )
