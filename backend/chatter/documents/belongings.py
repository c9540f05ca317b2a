"""The documents that a person uploaded, for when that person is offboarded."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.documents.events import DocumentHandedOver
from chatter.documents.models import Document
from chatter.documents.permissions import DocumentAction
from chatter.documents.service import DocumentService
from chatter.kit.events import emit
from chatter.kit.jobs import JobQueue
from chatter.kit.principal import Principal
from chatter.kit.services import Services

__all__ = ["DocumentBelongings"]


class DocumentBelongings:
    """Everybody who may read documents sees them: handing them over shows nobody anything new."""

    kind = "documents"
    private = False

    def __init__(self, services: Services) -> None:
        self._services = services

    async def count(self, session: AsyncSession, *, owner_id: UUID) -> int:
        own = select(func.count()).select_from(Document).where(Document.created_by == owner_id)
        return await session.scalar(own) or 0

    async def hand_over(
        self, session: AsyncSession, actor: Principal, *, owner_id: UUID, successor_id: UUID, limit: int
    ) -> int:
        own = select(Document).where(Document.created_by == owner_id).limit(limit).with_for_update()
        rows = (await session.scalars(own)).all()
        for row in rows:
            row.created_by = successor_id
            await record(session, actor, DocumentAction.HANDED_OVER, target=row.id)
            emit(session, DocumentHandedOver(document_id=row.id, user_id=successor_id))
        return len(rows)

    async def delete(self, session: AsyncSession, actor: Principal, *, owner_id: UUID, limit: int) -> int:
        own = select(Document.id).where(Document.created_by == owner_id).limit(limit)
        ids = (await session.scalars(own)).all()
        jobs = JobQueue(self._services.tickets)
        documents = DocumentService(actor, self._services.database, self._services.store, jobs)
        for document_id in ids:
            await documents.delete(session, document_id)
        return len(ids)
