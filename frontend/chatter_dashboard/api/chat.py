"""Conversations; asking and reading streams is done by the browser itself."""

from datetime import datetime
from uuid import UUID

from chatter.chat.branch_schemas import BranchRequest, RunCheckpoints
from chatter.chat.comparison_schemas import Comparison
from chatter.chat.receipt_schemas import Receipt
from chatter.chat.schemas import Conversation, OthersConversation, Turn
from chatter.chat.timeline_schemas import CallMade, Timeline
from chatter.kit.schema import Page
from chatter_dashboard.api.calls import Calls, Query

__all__ = ["ChatApi"]


class ChatApi:
    """`/conversations`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def conversations(self, *, query: str = "", cursor: str | None = None, limit: int = 30) -> Page[Conversation]:
        """One's own, newest first."""
        parameters = {"query": query, "cursor": cursor, "limit": limit}
        return await self._calls.get("/conversations", Page[Conversation], query=parameters)

    async def others(
        self, *, owner_id: UUID | None = None, since: datetime | None = None, cursor: str | None = None
    ) -> Page[OthersConversation]:
        """Titles of other people's, where the policy lets administrators read them; each call is noted."""
        query: Query = {
            "owner_id": str(owner_id) if owner_id else None,
            "since": since.isoformat() if since else None,
            "cursor": cursor,
        }
        return await self._calls.get("/conversations/others", Page[OthersConversation], query=query)

    async def receipt(self, conversation_id: UUID, answer_id: UUID) -> Receipt:
        """What an answer of one's own conversation took."""
        return await self._calls.get(f"/conversations/{conversation_id}/messages/{answer_id}/receipt", Receipt)

    async def timeline(self, run_id: UUID) -> Timeline:
        """What happened in a run of one's own."""
        return await self._calls.get(f"/runs/{run_id}/timeline", Timeline)

    async def tool_call(self, run_id: UUID, call_id: str) -> CallMade:
        """One of its calls with all that it was given and gave."""
        return await self._calls.get(f"/runs/{run_id}/tool-calls/{call_id}", CallMade)

    async def checkpoints(self, run_id: UUID) -> RunCheckpoints:
        """The points of a past run of one's own."""
        return await self._calls.get(f"/runs/{run_id}/checkpoints", RunCheckpoints)

    async def branch(self, run_id: UUID, request: BranchRequest) -> Turn:
        """Answer anew from one of them."""
        return await self._calls.send("POST", f"/runs/{run_id}/branches", Turn, body=request)

    async def comparison(self, run_id: UUID, other: UUID) -> Comparison:
        """Two answers of one's own."""
        return await self._calls.get(f"/runs/{run_id}/comparison", Comparison, query={"with": str(other)})

    async def delete(self, conversation_id: UUID) -> None:
        """Delete a conversation with its messages."""
        await self._calls.act("DELETE", f"/conversations/{conversation_id}")
