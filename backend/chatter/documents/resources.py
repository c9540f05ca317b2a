"""Documents and collections as things that can be shared: what is granted on a collection holds for its documents."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.documents.models import Collection, Document
from chatter.documents.permissions import DocumentPermission
from chatter.kit.resources import Container, Resource, ResourceKind

__all__ = ["COLLECTION", "DOCUMENT"]


async def _describe(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, Resource]:
    rows = await session.scalars(select(Document).where(Document.id.in_(ids)))
    return {row.id: _resource(row) for row in rows}


def _resource(row: Document) -> Resource:
    return Resource(
        id=row.id,
        name=row.name,
        owner_id=row.created_by,
        open_to_all=row.visibility == "organization",
        href=f"/documents/{row.id}",
    )


async def _describe_collections(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, Resource]:
    rows = await session.scalars(select(Collection).where(Collection.id.in_(ids)))
    return {
        row.id: Resource(
            id=row.id,
            name=row.name,
            owner_id=row.created_by,
            open_to_all=row.visibility == "organization",
            href=f"/documents?collection={row.id}",
        )
        for row in rows
    }


async def _collection_of(session: AsyncSession, document_id: UUID) -> Container | None:
    collection_id = await session.scalar(select(Document.collection_id).where(Document.id == document_id))
    return Container(COLLECTION, collection_id) if collection_id else None


COLLECTION = ResourceKind(
    name="collection",
    access_function="collection_access",
    describe=_describe_collections,
    administrable=DocumentPermission.ADMINISTER,
)
DOCUMENT = ResourceKind(
    name="document",
    access_function="document_access",
    describe=_describe,
    parent=_collection_of,
    administrable=DocumentPermission.ADMINISTER,
)
