"""The conversations of a person, for when that person is offboarded."""

from uuid import UUID

from sqlalchemy import Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit import facade as audit
from chatter.chat.events import ConversationHandedOver
from chatter.chat.models import Conversation, QueuedMessage
from chatter.chat.permissions import ChatAction
from chatter.chat.service import erase
from chatter.kit.events import emit
from chatter.kit.principal import Principal

__all__ = ["ConversationBelongings"]


class ConversationBelongings:
    """Nobody else sees them, so only an owner of the organisation may hand them to somebody."""

    kind = "conversations"
    private = True

    async def count(self, session: AsyncSession, *, owner_id: UUID) -> int:
        own = select(func.count()).select_from(Conversation).where(Conversation.owner_id == owner_id)
        return await session.scalar(own) or 0

    async def hand_over(
        self, session: AsyncSession, actor: Principal, *, owner_id: UUID, successor_id: UUID, limit: int
    ) -> int:
        rows = (await session.scalars(_own(owner_id, limit=limit))).all()
        for row in rows:
            row.owner_id = successor_id
            await session.execute(delete(QueuedMessage).where(QueuedMessage.conversation_id == row.id))
            await audit.record(session, actor, ChatAction.CONVERSATION_HANDED_OVER, target=row.id)
            emit(session, ConversationHandedOver(conversation_id=row.id, user_id=successor_id))
        return len(rows)

    async def delete(self, session: AsyncSession, actor: Principal, *, owner_id: UUID, limit: int) -> int:
        rows = (await session.scalars(_own(owner_id, limit=limit))).all()
        for row in rows:
            await erase(session, actor, row)
        return len(rows)


def _own(owner_id: UUID, *, limit: int) -> Select[Conversation]:
    return select(Conversation).where(Conversation.owner_id == owner_id).limit(limit).with_for_update()
