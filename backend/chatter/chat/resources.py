"""Conversations as things that can be shared one by one: private to their owner unless granted."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.chat.models import Conversation
from chatter.kit.resources import Resource, ResourceKind

__all__ = ["CONVERSATION"]


async def _describe(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, Resource]:
    rows = await session.scalars(select(Conversation).where(Conversation.id.in_(ids)))
    return {row.id: _resource(row) for row in rows}


def _resource(row: Conversation) -> Resource:
    return Resource(
        id=row.id,
        name=row.title or "New chat",
        owner_id=row.owner_id,
        open_to_all=False,
        href=f"/chat/{row.id}",
    )


CONVERSATION = ResourceKind(name="conversation", access_function="conversation_access", describe=_describe)
