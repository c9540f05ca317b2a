"""The notes of a person, for when that person is offboarded."""

from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit import facade as audit
from chatter.kit.events import emit
from chatter.kit.principal import Principal
from chatter.tools.events import NoteDeleted, NoteHandedOver
from chatter.tools.models import Note
from chatter.tools.permissions import ToolAction

__all__ = ["NoteBelongings"]


class NoteBelongings:
    """Nobody else sees them, so only an owner of the organisation may hand them to somebody."""

    kind = "notes"
    private = True

    async def count(self, session: AsyncSession, *, owner_id: UUID) -> int:
        own = select(func.count()).select_from(Note).where(Note.owner_id == owner_id)
        return await session.scalar(own) or 0

    async def hand_over(
        self, session: AsyncSession, actor: Principal, *, owner_id: UUID, successor_id: UUID, limit: int
    ) -> int:
        rows = (await session.scalars(_own(owner_id, limit=limit))).all()
        for row in rows:
            row.owner_id = successor_id
            await audit.record(session, actor, ToolAction.NOTE_HANDED_OVER, target=row.id)
            emit(session, NoteHandedOver(note_id=row.id, user_id=successor_id))
        return len(rows)

    async def delete(self, session: AsyncSession, actor: Principal, *, owner_id: UUID, limit: int) -> int:
        rows = (await session.scalars(_own(owner_id, limit=limit))).all()
        for row in rows:
            await session.delete(row)
            await audit.record(session, actor, ToolAction.NOTE_DELETED, target=row.id)
            emit(session, NoteDeleted(note_id=row.id))
        return len(rows)


def _own(owner_id: UUID, *, limit: int) -> Select[Note]:
    return select(Note).where(Note.owner_id == owner_id).limit(limit).with_for_update()
