"""What stands before NiceGUI: security headers on every answer, and the socket guard that NiceGUI lacks."""

from collections.abc import Awaitable, Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from nicegui import Client
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatter_dashboard.shell.nonces import new_nonce
from chatter_dashboard.shell.sessions import TabRegistry

__all__ = ["SESSION_COOKIE", "guarded", "session_token"]

SESSION_COOKIE = "chatter_session"
_SOCKET = "/_nicegui_ws/"

# 'unsafe-eval' is NiceGUI's price (without it its pages stay blank), and for styles 'unsafe-inline'. A script runs when
# it is a file of this origin or carries the nonce of this answer, so none that stands in a text.
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'nonce-{nonce}' 'unsafe-eval'",
        "script-src-attr 'none'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'self'",
        "object-src 'none'",
    )
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
}
_HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}


def guarded(app: ASGIApp, tabs: TabRegistry, *, https_only: bool) -> ASGIApp:
    """Wrap the shell: refuse foreign sockets, drop a spoofable header, add the security headers."""
    fixed = _HEADERS | _HTTPS_ONLY if https_only else _HEADERS

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await app(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if name != b"x-forwarded-prefix"]
        inner = {**scope, "headers": headers}
        if scope["path"].startswith(_SOCKET):
            # Servers log the scope that they handed over, and this query names the tab.
            scope["query_string"] = b""
            if not await _socket_allowed(inner, tabs):
                await _refuse(inner, receive, send)
                return
        policy = _POLICY.format(nonce=new_nonce())
        await app(inner, receive, _with_headers(send, fixed | {"Content-Security-Policy": policy}))

    return guard


def session_token(headers: Headers) -> str:
    """The session cookie's value, or an empty string."""
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(SESSION_COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


async def _socket_allowed(scope: Scope, tabs: TabRegistry) -> bool:
    """Same origin, a live session, and a tab that was built for that session.

    A tab that no longer exists anywhere (after a restart) may connect: NiceGUI refuses its handshake, on which the
    page reloads itself.
    """
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        return False
    if origin is None and scope["type"] == "websocket":
        return False
    token = session_token(headers)
    if not token or not await tabs.valid(token):
        return False
    tab = parse_qs(scope["query_string"].decode("latin-1")).get("client_id", [""])[0]
    return tabs.owns(token, tab) or tab not in Client.instances


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4403})
        return
    await PlainTextResponse("Forbidden", status_code=403)(scope, receive, send)


def _with_headers(send: Send, added: Mapping[str, str]) -> Callable[[Message], Awaitable[None]]:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in added.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers
