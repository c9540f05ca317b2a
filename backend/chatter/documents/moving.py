"""Puts documents into collections and takes them out. Who does it manages them: it decides who may see them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.documents.collection_access import entered
from chatter.documents.errors import DocumentNotFound
from chatter.documents.events import DocumentMoved
from chatter.documents.models import Document
from chatter.documents.permissions import DocumentAction, DocumentPermission
from chatter.documents.schemas import DocumentMove, Moved, MovedDocument
from chatter.kit.events import emit
from chatter.kit.principal import Principal
from chatter.kit.resources import Level
from chatter.kit.schema import Schema
from chatter.rbac.facade import Authorizer, NotManaged

__all__ = ["move"]

_WITH_LEVEL = text("""
select d.id, d.collection_id,
    case when d.collection_id in (select s.id from collections_seen(:tenant, :user) s) then d.collection_id end as seen,
    (select a.rank from document_access(:tenant, :user, d.id) a) as rank
from document d where d.tenant_id = :tenant and d.id = any (:ids) for no key update
""")


class Place(Schema):
    """What the audit log keeps of a move."""

    collection_id: UUID | None


async def move(session: AsyncSession, principal: Principal, authorizer: Authorizer, *, data: DocumentMove) -> Moved:
    """Move all of them or none. To enter a collection takes access to edit it; to leave one takes none."""
    rows = await _managed(session, principal, authorizer, frozenset(data.document_ids))
    if data.collection_id is not None:
        await entered(session, principal, authorizer, data.collection_id)
    moving = [row for row in rows if row.collection_id != data.collection_id]
    there = update(Document).where(Document.id.in_([row.id for row in moving])).values(collection_id=data.collection_id)
    await session.execute(there.execution_options(synchronize_session=False))
    after = Place(collection_id=data.collection_id)
    for row in moving:
        before = Place(collection_id=row.collection_id)
        await record(session, principal, DocumentAction.MOVED, target=row.id, before=before, after=after)
        emit(session, DocumentMoved(document_id=row.id, collection_id=data.collection_id))
    return Moved(items=[MovedDocument(document_id=row.id, was_in=row.seen) for row in moving])


async def _managed(
    session: AsyncSession, principal: Principal, authorizer: Authorizer, ids: frozenset[UUID]
) -> Sequence[Row[tuple[UUID, UUID | None, UUID | None, int]]]:
    """The documents, held until the commit; raises unless each is managed, or all are administered."""
    values = {"tenant": principal.tenant_id, "user": principal.user_id, "ids": list(ids)}
    rows = (await session.execute(_WITH_LEVEL, values)).all()
    if len(rows) < len(ids):
        raise DocumentNotFound
    if await authorizer.allowed(principal, DocumentPermission.ADMINISTER):
        return rows
    lowest = min(row.rank for row in rows)
    if lowest < Level.VIEW.rank:
        raise DocumentNotFound
    if lowest < Level.MANAGE.rank:
        raise NotManaged(
            "You don't manage each of these documents.", remedy="Leave out those that you may only see or edit."
        )
    return rows
