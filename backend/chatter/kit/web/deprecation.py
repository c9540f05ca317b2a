"""Routes that will go: announced on each of their answers (RFC 9745, RFC 8594) and in the OpenAPI document."""

from collections.abc import Iterable
from email.utils import format_datetime

from litestar import Controller
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from chatter.kit.routes import Deprecated
from chatter.kit.web.answer import answer_headers

__all__ = ["announce_deprecations"]


def announce_deprecations(controllers: Iterable[type[Controller]]) -> None:
    """Mark the handlers that say `deprecated`; nothing is done for the others."""
    for controller in controllers:
        for value in vars(controller).values():
            if isinstance(value, HTTPRouteHandler) and value.opt.get("deprecated") and not value.deprecated:
                value.deprecated = True
                value.guards = [*(value.guards or ()), _announce]


async def _announce(_: ASGIConnection, handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]
    headers = answer_headers.get()
    deprecated: Deprecated = handler.opt["deprecated"]
    if headers is not None:
        headers.append((b"deprecation", f"@{int(deprecated.since.timestamp())}".encode()))
        headers.append((b"link", f'<{deprecated.instead}>; rel="successor-version"'.encode()))
        if deprecated.ends is not None:
            headers.append((b"sunset", format_datetime(deprecated.ends, usegmt=True).encode()))
