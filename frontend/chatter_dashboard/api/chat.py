"""Conversations; asking and reading streams is done by the browser itself."""

from uuid import UUID

from chatter.chat.schemas import Conversation
from chatter.kit.schema import Page
from chatter_dashboard.api.calls import Calls

__all__ = ["ChatApi"]


class ChatApi:
    """`/conversations`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def conversations(self, *, query: str = "", cursor: str | None = None, limit: int = 30) -> Page[Conversation]:
        """One's own, newest first."""
        parameters = {"query": query, "cursor": cursor, "limit": limit}
        return await self._calls.get("/conversations", Page[Conversation], query=parameters)

    async def delete(self, conversation_id: UUID) -> None:
        """Delete a conversation with its messages."""
        await self._calls.act("DELETE", f"/conversations/{conversation_id}")
