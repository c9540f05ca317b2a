"""Identity providers, their tests, and whether they alone open the organisation."""

from uuid import UUID

from chatter.sso.schemas import (
    ExternalIdentity,
    ExternalIdentityList,
    IdentityProvider,
    IdentityProviderCreate,
    IdentityProviderList,
    IdentityProviderUpdate,
    SsoDemand,
    SsoDemandList,
    SsoEffect,
    SsoEnforcement,
    SsoTest,
    SsoTestStart,
)
from chatter_dashboard.api.calls import Calls

__all__ = ["SsoApi"]


class SsoApi:
    """`/identity-providers`, `/sso-enforcement`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def all(self) -> list[IdentityProvider]:
        """Every provider, by name."""
        return (await self._calls.get("/identity-providers", IdentityProviderList)).items

    async def one(self, provider_id: UUID) -> IdentityProvider:
        """One of them."""
        return await self._calls.get(f"/identity-providers/{provider_id}", IdentityProvider)

    async def create(self, data: IdentityProviderCreate) -> IdentityProvider:
        """Add one; it lets nobody in before it is tested and enabled."""
        return await self._calls.send("POST", "/identity-providers", IdentityProvider, body=data)

    async def update(self, provider_id: UUID, change: IdentityProviderUpdate) -> IdentityProvider:
        """Change what is given."""
        return await self._calls.send("PATCH", f"/identity-providers/{provider_id}", IdentityProvider, body=change)

    async def delete(self, provider_id: UUID) -> None:
        """Remove it; the sessions that it vouched for end."""
        await self._calls.act("DELETE", f"/identity-providers/{provider_id}")

    async def test(self, provider_id: UUID) -> SsoTestStart:
        """Ask for its discovery document and keys, and prepare a test sign-in."""
        return await self._calls.send("POST", f"/identity-providers/{provider_id}/test", SsoTestStart)

    async def result(self, provider_id: UUID, test_id: UUID) -> SsoTest:
        """What a test has seen so far."""
        return await self._calls.get(f"/identity-providers/{provider_id}/tests/{test_id}", SsoTest)

    async def enforcement(self) -> SsoEnforcement:
        """Whether only the organisation's own sign-in opens it."""
        return await self._calls.get("/sso-enforcement", SsoEnforcement)

    async def known_to(self, provider_id: UUID) -> list[ExternalIdentity]:
        """Whom a provider has named."""
        return (await self._calls.get(f"/identity-providers/{provider_id}/identities", ExternalIdentityList)).items

    async def unlink(self, provider_id: UUID, identity_id: UUID) -> None:
        """Forget what it calls somebody."""
        await self._calls.act("DELETE", f"/identity-providers/{provider_id}/identities/{identity_id}")

    async def own_identities(self) -> list[ExternalIdentity]:
        """The accounts by which one comes in."""
        return (await self._calls.get("/me/external-identities", ExternalIdentityList)).items

    async def unlink_own(self, identity_id: UUID) -> None:
        """Come in by it no longer."""
        await self._calls.act("DELETE", f"/me/external-identities/{identity_id}")

    async def effect(self, break_glass_ids: list[UUID]) -> SsoEffect:
        """What enforcing it would stop, were these the owners who come in without."""
        return await self._calls.get(
            "/sso-enforcement/effect", SsoEffect, query={"break_glass_id": [str(one) for one in break_glass_ids]}
        )

    async def demanded(self) -> list[SsoDemand]:
        """Which organisations this session does not open for want of their own sign-in."""
        return (await self._calls.get("/auth/sso/demanded", SsoDemandList)).items

    async def enforce(self, change: SsoEnforcement) -> SsoEnforcement:
        """Ask for it, or not any more."""
        return await self._calls.send("PUT", "/sso-enforcement", SsoEnforcement, body=change)
