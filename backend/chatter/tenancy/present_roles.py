"""The role that a member has at this moment, for what is done in their name long after they asked."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.identifiers import TenantId, UserId
from chatter.kit.principal import Principal
from chatter.tenancy.models import Membership, Organization

__all__ = ["as_role", "role_now"]


async def role_now(session: AsyncSession, *, user_id: UUID) -> str | None:
    """Return it; None for who has left or is suspended, and while the organisation is closed."""
    held = (
        select(Membership.role)
        .join(Organization, Organization.tenant_id == Membership.tenant_id)
        .where(Membership.user_id == user_id, Membership.suspended_at.is_(None), Organization.state == "active")
    )
    role: str | None = await session.scalar(held)
    return role


def as_role(role: str, *, tenant_id: UUID, user_id: UUID) -> Principal:
    """Somebody as far as permissions ask: their role, and no request that they came with."""
    return Principal(
        tenant_id=TenantId(tenant_id),
        user_id=UserId(user_id),
        session_id=None,
        role=role,
        email="",
        name="",
        organization_name="",
    )
