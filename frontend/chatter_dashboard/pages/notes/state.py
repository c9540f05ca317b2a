"""What the page of notes knows and does."""

from uuid import UUID

from chatter.tools.schemas import Note
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["NotesState"]


class NotesState:
    """One's own notes, as far as they were shown."""

    def __init__(self, visitor: Visitor) -> None:
        self._api = visitor.api.tools
        self.items: list[Note] = []
        self.cursor: str | None = None

    async def load(self) -> None:
        """Fetch the first part."""
        page = await self._api.notes()
        self.items, self.cursor = page.items, page.next_cursor

    async def more(self) -> None:
        """Fetch the next part."""
        page = await self._api.notes(cursor=self.cursor)
        self.items, self.cursor = [*self.items, *page.items], page.next_cursor

    async def delete(self, note_id: str) -> None:
        """Delete one for good."""
        await self._api.delete_note(UUID(note_id))
        self.items = [item for item in self.items if str(item.id) != note_id]
