"""When an address counts: the provider has verified it, and its domain is one that the organisation has verified."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.sso.errors import PersonRefused
from chatter.sso.models import IdentityProvider, IdentityProviderDomain
from chatter.sso.walk import Claims
from chatter.tenancy.facade import Provisioning

__all__ = ["vouched_address"]

_ASK = "Ask an administrator of the organisation."


async def vouched_address(session: AsyncSession, provider: IdentityProvider, claims: Claims) -> str:
    """The address that provider and organisation both vouch for; raises PersonRefused."""
    if claims.email is None:
        raise PersonRefused(
            f"The provider names no address ({provider.email_claim}).",
            remedy="It must be asked for with a scope, such as “email”.",
        )
    if not claims.email_verified:
        raise PersonRefused(
            f"The provider does not say that it has verified {claims.email} ({provider.verified_claim}).", remedy=_ASK
        )
    if claims.email.rpartition("@")[2] not in await _domains(session, provider):
        raise PersonRefused(
            f"The domain of {claims.email} is not one that signs in through this provider.", remedy=_ASK
        )
    return claims.email


async def _domains(session: AsyncSession, provider: IdentityProvider) -> list[str]:
    """The verified domains that lead to the provider."""
    own = select(IdentityProviderDomain.domain_id).where(IdentityProviderDomain.provider_id == provider.id)
    ids = set(await session.scalars(own))
    verified = await Provisioning(session).verified_domains()
    return [name for name, domain_id in verified.items() if domain_id in ids]
