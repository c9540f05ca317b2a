"""Whether an organisation is opened by its own identity provider's word alone; when it may ask so, others say."""

from sqlalchemy.ext.asyncio import AsyncSession

from chatter.identity.models import SignInPolicy

__all__ = ["demand_sso", "sso_is_demanded"]


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
