"""Whether an organisation is opened by its own identity provider's word alone; when it may ask so, others say."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chatter.identity.models import SignInPolicy
from chatter.identity.sessions import digest_of
from chatter.kit.db.database import Database

__all__ = ["Demanded", "demand_sso", "sso_demanded_of", "sso_is_demanded"]


@dataclass(frozen=True, kw_only=True)
class Demanded:
    """An organisation that a session would open, and a provider by which its person comes in."""

    tenant_id: UUID
    organization_name: str
    provider_id: UUID
    provider_name: str


async def sso_is_demanded(session: AsyncSession) -> bool:
    """Whether the bound organisation asks for it."""
    row = await session.get(SignInPolicy, session.info["tenant_id"])
    return row is not None and row.require_sso


async def demand_sso(session: AsyncSession, *, demanded: bool) -> None:
    """Ask for it, or not any more, from the next request on."""
    row = await session.get(SignInPolicy, session.info["tenant_id"], with_for_update=True)
    if row is None:
        session.add(SignInPolicy(tenant_id=session.info["tenant_id"], require_sso=demanded))
    else:
        row.require_sso = demanded
    await session.flush()


async def sso_demanded_of(database: Database, token: str, *, tenant_id: UUID | None) -> list[Demanded]:
    """What keeps a session out of this organisation (None: of any), when it is this demand alone."""
    rows = await database.hot.fetch("select * from sso_demanded_of($1, $2)", digest_of(token), tenant_id)
    return [Demanded(**row) for row in rows]
