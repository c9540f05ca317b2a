"""Conversations: a person's own, and those that others share with them."""

from datetime import UTC, datetime
from uuid import UUID

from msgspec import UNSET, structs
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit import facade as audit
from chatter.chat.choices import choose, chosen_collections
from chatter.chat.errors import ConversationNotFound
from chatter.chat.events import ConversationCreated, ConversationDeleted, ConversationUpdated
from chatter.chat.models import Conversation as Row
from chatter.chat.models import Message as MessageRow
from chatter.chat.permissions import ChatAction
from chatter.chat.readings import read_as_administrator, readings
from chatter.chat.receipt_schemas import Receipt
from chatter.chat.receipts import receipt_of
from chatter.chat.repository import ChatRepository
from chatter.chat.resources import CONVERSATION
from chatter.chat.schemas import Conversation, ConversationCreate, ConversationUpdate, Message
from chatter.chat.versions import show_version
from chatter.kit.db.database import Database
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.pagination import Cursor
from chatter.kit.principal import Principal
from chatter.kit.resources import Level
from chatter.kit.schema import Page
from chatter.rbac.facade import Authorizer, NotManaged, require_access
from chatter.runs import facade as runs
from chatter.tools import facade as tools

__all__ = ["ChatService", "erase"]


class ChatService:
    """Reads on the hot path, writes through the unit of work."""

    def __init__(self, repository: ChatRepository, *, database: Database, authorizer: Authorizer) -> None:
        self._repository = repository
        self._database = database
        self._authorizer = authorizer

    async def conversations(
        self, principal: Principal, *, query: str | None, cursor: str | None, limit: int
    ) -> Page[Conversation]:
        """Return the person's conversations, the last used first."""
        after = Cursor.decode(cursor)
        found = await self._repository.conversations(
            principal.tenant_id,
            owner_id=principal.user_id,
            query=query or None,
            before=None if after is None else (after.created_at, after.id),
            limit=limit + 1,
        )
        items = found[:limit]
        last = items[-1] if len(found) > limit else None
        return Page(items=items, next_cursor=Cursor(last.updated_at, last.id).encode() if last else None)

    async def messages(
        self, principal: Principal, *, conversation_id: UUID, cursor: str | None, limit: int
    ) -> Page[Message]:
        """Return the newest messages of the shown path, oldest first; the next page holds what came before them."""
        before = Cursor.decode(cursor)
        found = await self._repository.messages(
            principal.tenant_id,
            user_id=principal.user_id,
            conversation_id=conversation_id,
            before=before.id if before else None,
            limit=limit + 1,
        )
        if found is None:
            found = await self._read_as_administrator(
                principal, conversation_id=conversation_id, before=before.id if before else None, limit=limit + 1
            )
        items = found[-limit:]
        first = items[0] if len(found) > limit else None
        return Page(items=items, next_cursor=Cursor(first.created_at, first.id).encode() if first else None)

    async def receipt(
        self, session: AsyncSession, principal: Principal, *, conversation_id: UUID, answer_id: UUID
    ) -> Receipt:
        """What an answer was made of; raises ConversationNotFound, also for an answer that only is shared."""
        return await receipt_of(
            session, principal, self._repository, conversation_id=conversation_id, answer_id=answer_id
        )

    async def conversation(self, session: AsyncSession, principal: Principal, *, conversation_id: UUID) -> Conversation:
        try:
            row, held = await _row(session, principal, conversation_id=conversation_id, level=Level.VIEW)
        except NotFound as error:
            read = await read_as_administrator(session, principal, self._authorizer, conversation_id=conversation_id)
            if read is None:
                raise ConversationNotFound from error
            return _to_schema(read, principal=principal, level=Level.VIEW)
        shown = await self._shown(session, principal, row, level=held)
        if not shown.owned:
            return shown
        return structs.replace(shown, readings=await readings(session, principal, row))

    async def _shown(self, session: AsyncSession, principal: Principal, row: Row, *, level: Level) -> Conversation:
        owned = row.owner_id == principal.user_id
        chosen = await chosen_collections(session, conversation_id=row.id) if owned else ()
        return _to_schema(row, principal=principal, level=level, chosen=chosen)

    async def _read_as_administrator(
        self, principal: Principal, *, conversation_id: UUID, before: UUID | None, limit: int
    ) -> list[Message]:
        """The messages without their sources, which the administrator may not be allowed to see."""
        async with self._database.unit(principal.tenant_id) as session:
            row = await read_as_administrator(session, principal, self._authorizer, conversation_id=conversation_id)
        if row is None:
            raise ConversationNotFound
        found = await self._repository.messages(
            principal.tenant_id, user_id=row.owner_id, conversation_id=conversation_id, before=before, limit=limit
        )
        return [
            structs.replace(message, passages=[], citations=[], tool_calls=(), versions=()) for message in found or ()
        ]

    async def create(self, session: AsyncSession, principal: Principal, *, data: ConversationCreate) -> Conversation:
        """Begin an empty conversation."""
        now = datetime.now(UTC)
        row = Row(
            id=new_id(),
            tenant_id=principal.tenant_id,
            owner_id=principal.user_id,
            title=data.title.strip(),
            created_at=now,
            updated_at=now,
        )
        session.add(row)
        chosen: tuple[UUID, ...] = ()
        if data.collection_ids:
            await session.flush()
            chosen = await choose(session, principal, conversation_id=row.id, collection_ids=data.collection_ids)
        await audit.record(session, principal, ChatAction.CONVERSATION_CREATED, target=row.id)
        emit(session, ConversationCreated(conversation_id=row.id))
        return _to_schema(row, principal=principal, level=Level.MANAGE, chosen=chosen)

    async def update(
        self, session: AsyncSession, principal: Principal, *, conversation_id: UUID, data: ConversationUpdate
    ) -> Conversation:
        """Rename it, with access to edit; what it asks and shows is for its owner to choose."""
        row, held = await _row(session, principal, conversation_id=conversation_id, level=Level.EDIT)
        if data.title is not UNSET:
            row.title = data.title.strip()
            await session.flush()
            await session.refresh(row)
        if (data.collection_ids, data.shown_message_id) != (UNSET, UNSET) and row.owner_id != principal.user_id:
            raise NotManaged("Only its owner asks in it.", remedy="Ask in a conversation of your own.")
        if data.shown_message_id is not UNSET:
            await show_version(session, row, message_id=data.shown_message_id)
        if data.collection_ids is not UNSET:
            await choose(session, principal, conversation_id=row.id, collection_ids=data.collection_ids)
        await audit.record(session, principal, ChatAction.CONVERSATION_UPDATED, target=row.id)
        emit(session, ConversationUpdated(conversation_id=row.id))
        return await self._shown(session, principal, row, level=held)

    async def delete(self, session: AsyncSession, principal: Principal, *, conversation_id: UUID) -> None:
        """Delete it with its messages and their runs. An answer that is being written finds nothing to write to."""
        row, _ = await _row(session, principal, conversation_id=conversation_id, level=Level.MANAGE)
        await erase(session, principal, row)


async def erase(session: AsyncSession, actor: Principal, row: Row) -> None:
    """Delete a conversation, whoever owns it, with its messages and their runs."""
    of_answers = select(MessageRow.run_id).where(MessageRow.conversation_id == row.id, MessageRow.run_id.is_not(None))
    run_ids = [run_id for run_id in await session.scalars(of_answers) if run_id is not None]
    await tools.forget(session, run_ids=run_ids)
    await runs.forget(session, run_ids=run_ids)
    await session.delete(row)
    await audit.record(session, actor, ChatAction.CONVERSATION_DELETED, target=row.id)
    emit(session, ConversationDeleted(conversation_id=row.id))


async def _row(
    session: AsyncSession, principal: Principal, *, conversation_id: UUID, level: Level
) -> tuple[Row, Level]:
    """The conversation and the level that the principal has on it; what they may not see is as what is not there."""
    try:
        held = await require_access(session, principal, CONVERSATION, conversation_id, level=level)
    except NotFound as error:
        raise ConversationNotFound from error
    if (row := await session.scalar(select(Row).where(Row.id == conversation_id))) is None:
        raise ConversationNotFound
    return row, held


def _to_schema(row: Row, *, principal: Principal, level: Level, chosen: tuple[UUID, ...] = ()) -> Conversation:
    return Conversation(
        id=row.id,
        title=row.title,
        owned=row.owner_id == principal.user_id,
        access=level,
        created_at=row.created_at,
        updated_at=row.updated_at,
        collection_ids=chosen,
    )
