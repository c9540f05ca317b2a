"""Every page's address."""

from collections.abc import Awaitable, Callable

from chatter_dashboard.pages.access.page import access
from chatter_dashboard.pages.chat.page import chat, conversation
from chatter_dashboard.pages.conversations.page import conversations
from chatter_dashboard.pages.documents.detail import document
from chatter_dashboard.pages.documents.page import documents
from chatter_dashboard.pages.members.page import members
from chatter_dashboard.pages.models.page import models
from chatter_dashboard.pages.overview.page import overview
from chatter_dashboard.pages.roles.page import roles
from chatter_dashboard.pages.search.page import search
from chatter_dashboard.pages.settings.page import settings

__all__ = ["ROUTES"]

ROUTES: dict[str, Callable[..., Awaitable[None]]] = {
    "/": overview,
    "/access": access,
    "/chat": chat,
    "/chat/{conversation_id}": conversation,
    "/conversations": conversations,
    "/documents": documents,
    "/documents/{document_id}": document,
    "/members": members,
    "/models": models,
    "/roles": roles,
    "/search": search,
    "/settings": settings,
}
