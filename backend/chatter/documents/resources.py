"""Documents as things that can be shared one by one."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.documents.models import Document
from chatter.documents.permissions import DocumentPermission
from chatter.kit.resources import Resource, ResourceKind

__all__ = ["DOCUMENT"]


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


DOCUMENT = ResourceKind(
    name="document",
    access_function="document_access",
    describe=_describe,
    administrable=DocumentPermission.ADMINISTER,
)
