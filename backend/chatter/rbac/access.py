"""What somebody may do with one thing: what its kind says of owner, visibility and grants, or its container allows."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.errors import NotFound
from chatter.kit.principal import Principal
from chatter.kit.resources import Level, ResourceKind
from chatter.rbac.errors import NotManaged

__all__ = ["access_to", "level_of", "require_access"]


async def access_to(session: AsyncSession, principal: Principal, kind: ResourceKind, resource_id: UUID) -> Level | None:
    """The principal's level on a thing at this moment; raises NotFound when there is no such thing."""
    return await level_of(session, kind, resource_id, tenant_id=principal.tenant_id, user_id=principal.user_id)


async def require_access(
    session: AsyncSession, principal: Principal, kind: ResourceKind, resource_id: UUID, *, level: Level
) -> Level:
    """The principal's level; NotFound for what they may not see, NotManaged for what they may only see."""
    held = await access_to(session, principal, kind, resource_id)
    if held is None:
        raise NotFound
    if held.rank < level.rank:
        raise NotManaged(
            f"This needs access to {level.value} it; yours is to {held.value}.", remedy="Ask somebody who manages it."
        )
    return held


async def level_of(
    session: AsyncSession, kind: ResourceKind, resource_id: UUID, *, tenant_id: UUID, user_id: UUID
) -> Level | None:
    """Anybody's level on a thing or on the container it is in, whichever goes further."""
    statement = text(f"select rank from {kind.access_function}(:tenant, :user, :resource)")  # noqa: S608 # a manifest's
    values = {"tenant": tenant_id, "user": user_id, "resource": resource_id}
    rank = (await session.execute(statement, values)).scalar_one_or_none()
    if rank is None:
        raise NotFound
    own = Level.of_rank(rank)
    container = await kind.parent(session, resource_id) if kind.parent is not None else None
    if container is None:
        return own
    above = await level_of(session, container.kind, container.id, tenant_id=tenant_id, user_id=user_id)
    return max((own, above), key=lambda level: level.rank if level else 0)
