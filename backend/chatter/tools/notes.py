"""Notes: saved by a model in a person's name, seen and deleted by that person alone."""

from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit import facade as audit
from chatter.kit.db.database import Database
from chatter.kit.events import emit, emit_on
from chatter.kit.identifiers import new_id
from chatter.kit.pagination import Cursor
from chatter.kit.principal import Principal
from chatter.kit.schema import Page
from chatter.tools.errors import NoteNotFound
from chatter.tools.events import NoteDeleted, NoteSaved
from chatter.tools.models import Note as Row
from chatter.tools.permissions import ToolAction
from chatter.tools.ports import CallContext
from chatter.tools.schemas import Note, NoteKept

__all__ = ["Notes", "save"]

_SAVE = """
insert into note (tenant_id, id, owner_id, text, run_id, call_key) values ($1, $2, $3, $4, $5, $6)
on conflict (tenant_id, call_key) do nothing returning id
"""


async def save(database: Database, context: CallContext, *, text: str) -> None:
    """Write a note down with its audit row and its event; the same call again changes nothing."""
    tenant_id, note_id = context.tenant_id, new_id()
    async with database.connection(tenant_id) as connection:
        key = f"{context.run_id}:{context.key}"
        made = await connection.fetchval(_SAVE, tenant_id, note_id, context.user_id, text, context.run_id, key)
        if made is None:
            return
        await audit.record_in_run(
            connection,
            tenant_id,
            ToolAction.NOTE_SAVED,
            run_id=context.run_id,
            target=note_id,
            after=NoteKept(characters=len(text)),
        )
        await emit_on(connection, tenant_id, NoteSaved(note_id=note_id, run_id=context.run_id))


class Notes:
    """One person's notes."""

    def __init__(self, session: AsyncSession, principal: Principal) -> None:
        self._session = session
        self._principal = principal

    async def newest(self, *, cursor: str | None, limit: int) -> Page[Note]:
        """Return the newest first."""
        own = select(Row).where(Row.owner_id == self._principal.user_id)
        if (after := Cursor.decode(cursor)) is not None:
            own = own.where(tuple_(Row.created_at, Row.id) < (after.created_at, after.id))
        newest = own.order_by(Row.created_at.desc(), Row.id.desc()).limit(limit + 1)
        rows = (await self._session.scalars(newest)).all()
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(
            items=[_to_schema(row) for row in rows[:limit]],
            next_cursor=Cursor(last.created_at, last.id).encode() if last else None,
        )

    async def delete(self, note_id: UUID) -> None:
        own = select(Row).where(Row.id == note_id, Row.owner_id == self._principal.user_id)
        row = await self._session.scalar(own)
        if row is None:
            raise NoteNotFound
        await self._session.delete(row)
        await audit.record(self._session, self._principal, ToolAction.NOTE_DELETED, target=note_id)
        emit(self._session, NoteDeleted(note_id=note_id))


def _to_schema(row: Row) -> Note:
    return Note(id=row.id, text=row.text, run_id=row.run_id, created_at=row.created_at)
