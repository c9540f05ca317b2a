"""What somebody may do with one thing: what its kind says of owner, visibility, grants and container."""

import math
import time
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.db.database import kept_levels
from chatter.kit.errors import NotFound
from chatter.kit.principal import Principal
from chatter.kit.resources import Level, ResourceKind
from chatter.rbac.catalogue import Catalogue
from chatter.rbac.errors import NotManaged

__all__ = ["access_to", "grant_on", "level_of", "require_access", "require_rank"]


async def access_to(session: AsyncSession, principal: Principal, kind: ResourceKind, resource_id: UUID) -> Level | None:
    """The principal's level on a thing at this moment; raises NotFound when there is no such thing."""
    return await level_of(session, kind, resource_id, tenant_id=principal.tenant_id, user_id=principal.user_id)


async def require_access(
    session: AsyncSession, principal: Principal, kind: ResourceKind, resource_id: UUID, *, level: Level
) -> Level:
    """The principal's level; NotFound for what they may not see, NotManaged for what they may only see."""
    held = await access_to(session, principal, kind, resource_id)
    return require_rank(held.rank if held else 0, level=level)


def require_rank(rank: int, *, level: Level) -> Level:
    """The same for a rank that is known already."""
    held = Level.of_rank(rank)
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
    """Anybody's level on a thing, what its container hands down included.

    Without a statement where the process knows it for the version that this transaction began with. No access is not
    kept: what is hidden must go on to cost what one costs that is not there.
    """
    kept = await kept_levels(session)
    known = kept.get(kind.name, resource_id, user_id)
    if known is not None:
        return Level.of_rank(known)
    asked = time.monotonic()
    values = {"tenant": tenant_id, "user": user_id, "resource": resource_id}
    row = (await session.execute(_level(kind.access_function), values)).one_or_none()
    if row is None:
        raise NotFound
    if row.rank > 0 and row.unwritten:
        until = math.inf if row.seconds is None else asked + float(row.seconds)
        kept.keep(kind.name, resource_id, user_id, rank=row.rank, until=until)
    return Level.of_rank(row.rank)


@dataclass(frozen=True, slots=True)
class GrantOn:
    """What a grant is on, and somebody's rank there."""

    kind: str
    rank: int


async def grant_on(
    session: AsyncSession, catalogue: Catalogue, grant_id: UUID, *, tenant_id: UUID, user_id: UUID
) -> GrantOn | None:
    """One statement, whether there is such a grant or not; None for one of a kind that no domain knows any more."""
    ranks = " ".join(
        f"when '{kind.name}' then (select a.rank from {kind.access_function}(:tenant, :user, g.resource_id) a)"  # noqa: S608
        for kind in catalogue.kinds.values()
    )
    statement = text(
        f"select g.resource_kind, coalesce(case g.resource_kind {ranks} end, 0) as rank "  # noqa: S608 # manifests'
        "from resource_grant g where g.tenant_id = :tenant and g.id = :grant"
    )
    row = (await session.execute(statement, {"tenant": tenant_id, "user": user_id, "grant": grant_id})).one_or_none()
    return GrantOn(row.resource_kind, row.rank) if row is not None and row.resource_kind in catalogue.kinds else None


@cache
def _level(access_function: str) -> TextClause:
    """Also tells whether this transaction has written nothing: a level may rest on what is yet to be committed."""
    return text(
        "select rank, extract(epoch from until - clock_timestamp()) as seconds, "  # noqa: S608 # manifests'
        "pg_current_xact_id_if_assigned() is null as unwritten "
        f"from {access_function}(:tenant, :user, :resource)"
    )
