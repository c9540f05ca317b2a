"""Which of several versions of a question or an answer is shown, and goes on."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.chat.errors import AnswerInProgress, ConversationNotFound, MessageNotFound
from chatter.chat.models import Conversation, Message

__all__ = ["show_version"]

_NEWEST_END = text("""
with recursive down as (
    select m.id, 0 as depth from message m
    where m.tenant_id = :tenant and m.conversation_id = :conversation and m.id = :message
    union all
    select (select c.id from message c where c.tenant_id = :tenant and c.parent_id = down.id
        order by c.id desc limit 1), down.depth + 1
    from down where down.id is not null
)
select id from down where id is not null order by depth desc limit 1
""")


async def show_version(session: AsyncSession, conversation: Conversation, *, message_id: UUID) -> None:
    """Show the path through a message to its newest end.

    Raises MessageNotFound, or AnswerInProgress while the end of the path that is shown is still being written.
    """
    held = select(Conversation).where(Conversation.id == conversation.id).with_for_update()
    row: Conversation | None = await session.scalar(held.execution_options(populate_existing=True))
    if row is None:
        raise ConversationNotFound
    leaf = select(Message.state).where(Message.id == row.active_leaf_id)
    if await session.scalar(leaf) == "streaming":
        raise AnswerInProgress(
            "An answer of this conversation is still being written.",
            remedy="Wait until it is done, or stop it first.",
        )
    values = {"tenant": row.tenant_id, "conversation": row.id, "message": message_id}
    end: UUID | None = await session.scalar(_NEWEST_END, values)
    if end is None:
        raise MessageNotFound
    row.active_leaf_id = end
    await session.flush()
    await session.refresh(row)
