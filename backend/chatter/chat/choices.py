"""Which collections a conversation asks: its owner's choice, kept with it; none is all documents."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.chat.models import ConversationCollection
from chatter.documents.facade import require_seen
from chatter.kit.principal import Principal

__all__ = ["choose", "chosen_collections"]


async def choose(
    session: AsyncSession, principal: Principal, *, conversation_id: UUID, collection_ids: Sequence[UUID]
) -> tuple[UUID, ...]:
    """Replace the choice; raises CollectionNotFound when the principal does not see one of them."""
    wanted = frozenset(collection_ids)
    await require_seen(session, principal, wanted)
    of_it = ConversationCollection.conversation_id == conversation_id
    await session.execute(delete(ConversationCollection).where(of_it))
    session.add_all(
        ConversationCollection(
            tenant_id=principal.tenant_id, conversation_id=conversation_id, collection_id=collection_id
        )
        for collection_id in wanted
    )
    await session.flush()
    return tuple(sorted(wanted))


async def chosen_collections(session: AsyncSession, *, conversation_id: UUID) -> tuple[UUID, ...]:
    """In the order of their ids."""
    chosen = select(ConversationCollection.collection_id).where(
        ConversationCollection.conversation_id == conversation_id
    )
    return tuple((await session.scalars(chosen.order_by(ConversationCollection.collection_id))).all())
