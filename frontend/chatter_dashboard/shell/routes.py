"""Every page's address."""

from collections.abc import Awaitable, Callable

from chatter_dashboard.pages.members.page import members
from chatter_dashboard.pages.settings.page import settings

__all__ = ["ROUTES"]

ROUTES: dict[str, Callable[..., Awaitable[None]]] = {
    "/members": members,
    "/settings": settings,
}
