"""Who may do what with a collection; the lowest of what deals with them, so that adding a document can ask it too."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.documents.errors import CollectionNotFound
from chatter.documents.models import Collection
from chatter.documents.permissions import DocumentPermission
from chatter.documents.resources import COLLECTION
from chatter.kit.errors import NotFound
from chatter.kit.principal import Principal
from chatter.kit.resources import Level
from chatter.rbac.facade import Authorizer, require_access

__all__ = ["entered", "require_level", "require_own_level", "require_seen"]

_HOW_MANY = text("select count(*) from collections_seen(:tenant, :user) s where s.id = any (:ids)")


async def require_level(
    session: AsyncSession, principal: Principal, authorizer: Authorizer, collection_id: UUID, *, level: Level
) -> None:
    """Who has the level on the collection, or administers what others share."""
    if not await authorizer.allowed(principal, DocumentPermission.ADMINISTER):
        await require_own_level(session, principal, collection_id, level=level)


async def require_own_level(session: AsyncSession, principal: Principal, collection_id: UUID, *, level: Level) -> None:
    """The same for the principal's own access, whatever they administer."""
    try:
        await require_access(session, principal, COLLECTION, collection_id, level=level)
    except NotFound as error:
        raise CollectionNotFound from error


async def entered(session: AsyncSession, principal: Principal, authorizer: Authorizer, collection_id: UUID) -> None:
    """Require access to edit a collection that documents are put into, and hold it until the commit."""
    await require_level(session, principal, authorizer, collection_id, level=Level.EDIT)
    held = select(Collection.id).where(Collection.id == collection_id).with_for_update(read=True, key_share=True)
    if await session.scalar(held) is None:
        raise CollectionNotFound


async def require_seen(session: AsyncSession, principal: Principal, collection_ids: frozenset[UUID]) -> None:
    """Raise CollectionNotFound unless the principal may see every one of them."""
    values = {"tenant": principal.tenant_id, "user": principal.user_id, "ids": list(collection_ids)}
    if collection_ids and await session.scalar(_HOW_MANY, values) != len(collection_ids):
        raise CollectionNotFound
