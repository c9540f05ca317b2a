"""The documents and collections of a person, for when that person is offboarded."""

from uuid import UUID

from sqlalchemy import ColumnElement, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.documents.collections import dissolve
from chatter.documents.events import CollectionHandedOver, DocumentHandedOver
from chatter.documents.models import Collection, Document
from chatter.documents.permissions import DocumentAction
from chatter.documents.service import erase
from chatter.kit.events import emit
from chatter.kit.jobs import JobQueue
from chatter.kit.principal import Principal
from chatter.kit.services import Services

__all__ = ["CollectionBelongings", "DocumentBelongings"]


class DocumentBelongings:
    """Documents for the whole organisation, which anybody may take over, or the restricted ones, which are private."""

    def __init__(self, services: Services, *, restricted: bool) -> None:
        self.kind = "restricted_documents" if restricted else "documents"
        self.private = restricted
        self._services = services

    async def count(self, session: AsyncSession, *, owner_id: UUID) -> int:
        own = select(func.count()).select_from(Document).where(*self._own(owner_id))
        return await session.scalar(own) or 0

    async def hand_over(
        self, session: AsyncSession, actor: Principal, *, owner_id: UUID, successor_id: UUID, limit: int
    ) -> int:
        own = select(Document).where(*self._own(owner_id)).limit(limit).with_for_update()
        rows = (await session.scalars(own)).all()
        for row in rows:
            row.created_by = successor_id
            await record(session, actor, DocumentAction.HANDED_OVER, target=row.id)
            emit(session, DocumentHandedOver(document_id=row.id, user_id=successor_id))
        return len(rows)

    async def delete(self, session: AsyncSession, actor: Principal, *, owner_id: UUID, limit: int) -> int:
        rows = (await session.scalars(select(Document).where(*self._own(owner_id)).limit(limit))).all()
        jobs = JobQueue(self._services.tickets)
        for row in rows:
            await erase(session, actor, row, jobs=jobs)
        return len(rows)

    def _own(self, owner_id: UUID) -> tuple[ColumnElement[bool], ...]:
        within = select(Collection.id).where(Collection.visibility == "restricted")
        withheld = or_(
            Document.visibility == "restricted",
            func.coalesce(Document.collection_id.in_(within), False),
        )
        return Document.created_by == owner_id, withheld if self.private else not_(withheld)


class CollectionBelongings:
    """Collections that are open to the organisation, or the restricted ones, which are private. Documents stay."""

    def __init__(self, *, restricted: bool) -> None:
        self.kind = "restricted_collections" if restricted else "collections"
        self.private = restricted
        self._visibility = "restricted" if restricted else "organization"

    async def count(self, session: AsyncSession, *, owner_id: UUID) -> int:
        own = select(func.count()).select_from(Collection).where(*self._own(owner_id))
        return await session.scalar(own) or 0

    async def hand_over(
        self, session: AsyncSession, actor: Principal, *, owner_id: UUID, successor_id: UUID, limit: int
    ) -> int:
        own = select(Collection).where(*self._own(owner_id)).limit(limit).with_for_update()
        rows = (await session.scalars(own)).all()
        for row in rows:
            row.created_by = successor_id
            await record(session, actor, DocumentAction.COLLECTION_HANDED_OVER, target=row.id)
            emit(session, CollectionHandedOver(collection_id=row.id, user_id=successor_id))
        return len(rows)

    async def delete(self, session: AsyncSession, actor: Principal, *, owner_id: UUID, limit: int) -> int:
        rows = (await session.scalars(select(Collection).where(*self._own(owner_id)).limit(limit))).all()
        for row in rows:
            await dissolve(session, actor, row)
        return len(rows)

    def _own(self, owner_id: UUID) -> tuple[ColumnElement[bool], ...]:
        return Collection.created_by == owner_id, Collection.visibility == self._visibility
