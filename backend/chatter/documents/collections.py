"""Collections: made, described, restricted and deleted."""

from typing import Literal
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import RowMapping, case, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.documents.collection_access import require_level, require_own_level
from chatter.documents.errors import CollectionNotFound, CollectionTooLarge
from chatter.documents.events import CollectionCreated, CollectionDeleted, CollectionUpdated
from chatter.documents.models import Collection, Document
from chatter.documents.permissions import DocumentAction, DocumentPermission
from chatter.documents.schemas import Collection as Shown
from chatter.documents.schemas import CollectionCreate, CollectionList, CollectionUpdate
from chatter.documents.service import erase
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.jobs import JobQueue
from chatter.kit.principal import Principal
from chatter.kit.resources import Level
from chatter.kit.schema import Schema
from chatter.rbac.facade import Authorizer

__all__ = ["MAX_ERASED", "CollectionService", "Fate", "dissolve"]

Fate = Literal["keep", "delete"]
MAX_ERASED = 500
"""Documents that may be deleted with their collection, in one transaction."""
_SEEN = """
select c.id, c.name, c.description, c.visibility, c.created_by, c.created_at, c.updated_at,
    greatest(s.rank, 1) as rank
from collection c join collections_seen(:tenant, :user) s on s.id = c.id where c.tenant_id = :tenant
"""
_ALL = text(_SEEN + " order by lower(c.name), c.id limit 500")
_ONE = text(_SEEN + " and c.id = :collection")


class CollectionState(Schema):
    """What the audit log keeps of a collection."""

    name: str
    visibility: str


class Dissolved(Schema):
    """What became of the documents of a deleted collection."""

    documents: Fate
    count: int


class CollectionService:
    """Works in the unit of work that it is given, for one principal."""

    def __init__(self, session: AsyncSession, principal: Principal, *, authorizer: Authorizer, jobs: JobQueue) -> None:
        self._session = session
        self._principal = principal
        self._authorizer = authorizer
        self._jobs = jobs
        self._asker = {"tenant": principal.tenant_id, "user": principal.user_id}

    async def collections(self) -> CollectionList:
        """Those that the principal may see, by name."""
        rows = await self._session.execute(_ALL, self._asker)
        return CollectionList(items=[_shown(row) for row in rows.mappings()])

    async def collection(self, collection_id: UUID) -> Shown:
        found = await self._seen(collection_id)
        if found is None:
            raise CollectionNotFound
        return found

    async def create(self, data: CollectionCreate) -> Shown:
        row = Collection(
            tenant_id=self._principal.tenant_id,
            id=new_id(),
            name=data.name.strip(),
            description=data.description.strip(),
            visibility=data.visibility,
            created_by=self._principal.user_id,
        )
        self._session.add(row)
        await self._session.flush()
        await self._record(DocumentAction.COLLECTION_CREATED, row.id, after=_state(row))
        emit(self._session, CollectionCreated(collection_id=row.id))
        return await self.collection(row.id)

    async def update(self, collection_id: UUID, change: CollectionUpdate) -> Shown:
        """Rename and describe with access to edit; who sees it is decided with access to manage."""
        level = Level.EDIT if change.visibility is UNSET else Level.MANAGE
        await require_level(self._session, self._principal, self._authorizer, collection_id, level=level)
        row = await self._row(collection_id)
        before = _state(row)
        for name in ("name", "description", "visibility"):
            value = getattr(change, name)
            if value is not UNSET:
                setattr(row, name, value.strip())
        await self._session.flush()
        await self._record(DocumentAction.COLLECTION_UPDATED, row.id, before=before, after=_state(row))
        emit(self._session, CollectionUpdated(collection_id=row.id, visibility=row.visibility))
        await self._session.refresh(row)
        return await self._seen(collection_id) or _unseen(row)

    async def delete(self, collection_id: UUID, *, documents: Fate) -> None:
        """Delete a collection that the principal manages, with its documents or without."""
        if documents == "keep":
            await require_level(self._session, self._principal, self._authorizer, collection_id, level=Level.MANAGE)
            await dissolve(self._session, self._principal, await self._row(collection_id))
            return
        await self._authorizer.require_held(self._principal, frozenset({DocumentPermission.DELETE.value}))
        await require_own_level(self._session, self._principal, collection_id, level=Level.MANAGE)
        row = await self._row(collection_id)
        count = await self._erase_documents(collection_id)
        await dissolve(self._session, self._principal, row, after=Dissolved(documents=documents, count=count))

    async def _erase_documents(self, collection_id: UUID) -> int:
        inside = select(Document).where(Document.collection_id == collection_id).limit(MAX_ERASED + 1)
        found = (await self._session.scalars(inside.with_for_update())).all()
        if len(found) > MAX_ERASED:
            raise CollectionTooLarge(
                f"It holds more than {MAX_ERASED} documents, which is as many as go with their collection.",
                remedy="Delete or move some of them first, or keep the documents.",
            )
        for document in found:
            await erase(self._session, self._principal, document, jobs=self._jobs)
        await self._session.flush()
        return len(found)

    async def _seen(self, collection_id: UUID) -> Shown | None:
        rows = await self._session.execute(_ONE, {**self._asker, "collection": collection_id})
        row = rows.mappings().one_or_none()
        return None if row is None else _shown(row)

    async def _row(self, collection_id: UUID) -> Collection:
        row = await self._session.get(Collection, (self._principal.tenant_id, collection_id), with_for_update=True)
        if row is None:
            raise CollectionNotFound
        return row

    async def _record(
        self, action: DocumentAction, target: UUID, *, before: Schema | None = None, after: Schema | None = None
    ) -> None:
        await record(self._session, self._principal, action, target=target, before=before, after=after)


async def dissolve(session: AsyncSession, actor: Principal, row: Collection, *, after: Dissolved | None = None) -> None:
    """Delete a collection; the documents that are left in it stay, and are seen by nobody more than before."""
    kept = case((Document.visibility == "organization", row.visibility), else_=Document.visibility)
    leave = update(Document).where(Document.collection_id == row.id).values(collection_id=None, visibility=kept)
    left = await session.execute(leave.returning(Document.id).execution_options(synchronize_session=False))
    count = len(left.all())
    after = after or Dissolved(documents="keep", count=count)
    await session.execute(delete(Collection).where(Collection.id == row.id))
    await record(session, actor, DocumentAction.COLLECTION_DELETED, target=row.id, before=_state(row), after=after)
    emit(session, CollectionDeleted(collection_id=row.id))


def _state(row: Collection) -> CollectionState:
    return CollectionState(name=row.name, visibility=row.visibility)


def _shown(row: RowMapping) -> Shown:
    values = dict(row)
    return Shown(access=Level.of_rank(values.pop("rank")), **values)


def _unseen(row: Collection) -> Shown:
    """To who administers what they do not see."""
    return Shown(
        id=row.id,
        name=row.name,
        description=row.description,
        visibility="restricted" if row.visibility == "restricted" else "organization",
        created_by=row.created_by,
        access=None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
