"""Tools, and the notes that one of them keeps."""

from uuid import UUID

from chatter.kit.schema import Page
from chatter.tools.schemas import Note, OfferedTool
from chatter_dashboard.api.calls import Calls

__all__ = ["ToolsApi"]


class ToolsApi:
    """`/tools` and `/notes`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def all(self) -> list[OfferedTool]:
        """What a question may let the model use."""
        return await self._calls.get("/tools", list[OfferedTool])

    async def notes(self, *, cursor: str | None = None) -> Page[Note]:
        """One's own, the newest first."""
        return await self._calls.get("/notes", Page[Note], query={"cursor": cursor})

    async def delete_note(self, note_id: UUID) -> None:
        await self._calls.act("DELETE", f"/notes/{note_id}")
