"""Every page's address."""

from collections.abc import Awaitable, Callable

from chatter_dashboard.pages.conversations.page import conversations
from chatter_dashboard.pages.members.page import members
from chatter_dashboard.pages.models.page import models
from chatter_dashboard.pages.settings.page import settings

__all__ = ["ROUTES"]

ROUTES: dict[str, Callable[..., Awaitable[None]]] = {
    "/conversations": conversations,
    "/members": members,
    "/models": models,
    "/settings": settings,
}
