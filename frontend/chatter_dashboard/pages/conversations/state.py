"""What the list of conversations knows and does."""

from uuid import UUID

from chatter.chat.schemas import Conversation
from chatter.rbac.schemas import SharedThing
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["ConversationsState"]


class ConversationsState:
    """One's own conversations, as far as they were shown."""

    def __init__(self, visitor: Visitor) -> None:
        self._api = visitor.api.chat
        self._access = visitor.api.access
        self.items: list[Conversation] = []
        self.cursor: str | None = None
        self.query = ""
        self.shared: list[SharedThing] = []

    async def load_shared(self) -> None:
        """Fetch what others have shared with this person."""
        self.shared = [one for one in await self._access.shared() if one.resource_kind == "conversation"]

    async def titles_of_others_are_open(self) -> bool:
        """Whether the organisation lets administrators read conversations."""
        return (await self._access.policy()).admins_read_conversations

    async def load(self) -> None:
        """Fetch the first part."""
        page = await self._api.conversations(query=self.query)
        self.items, self.cursor = page.items, page.next_cursor

    async def more(self) -> None:
        """Fetch the next part."""
        page = await self._api.conversations(query=self.query, cursor=self.cursor)
        self.items, self.cursor = [*self.items, *page.items], page.next_cursor

    async def delete(self, conversation_id: str) -> None:
        """Delete one for good."""
        await self._api.delete(UUID(conversation_id))
        self.items = [item for item in self.items if str(item.id) != conversation_id]
