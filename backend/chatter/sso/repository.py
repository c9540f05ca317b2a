"""Rows of single sign-on."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.sso.errors import IdentityProviderNotFound
from chatter.sso.models import ExternalIdentity, IdentityProvider, IdentityProviderDomain, IdentityProviderMapping

__all__ = ["SsoRepository"]


class SsoRepository:
    """Works in the unit of work that it is given, whose session adds the tenant to each statement."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self.tenant_id: UUID = session.info["tenant_id"]

    async def providers(self) -> Sequence[IdentityProvider]:
        """All of them, by name."""
        found = await self._session.scalars(select(IdentityProvider).order_by(func.lower(IdentityProvider.name)))
        return found.all()

    async def provider(self, provider_id: UUID, *, lock: bool = False) -> IdentityProvider:
        """Raise IdentityProviderNotFound."""
        wanted = select(IdentityProvider).where(IdentityProvider.id == provider_id)
        row = await self._session.scalar(wanted.with_for_update() if lock else wanted)
        if row is None:
            raise IdentityProviderNotFound
        return row

    async def domains(self) -> Sequence[IdentityProviderDomain]:
        found = await self._session.scalars(select(IdentityProviderDomain))
        return found.all()

    async def mappings(self, provider_id: UUID | None = None) -> Sequence[IdentityProviderMapping]:
        """In the order in which they are asked."""
        wanted = select(IdentityProviderMapping).order_by(
            IdentityProviderMapping.provider_id, IdentityProviderMapping.position
        )
        if provider_id is not None:
            wanted = wanted.where(IdentityProviderMapping.provider_id == provider_id)
        return (await self._session.scalars(wanted)).all()

    async def identity(self, provider_id: UUID, *, subject: str) -> ExternalIdentity | None:
        """Whom the provider means by the subject, locked."""
        return await self._session.scalar(
            select(ExternalIdentity)
            .where(ExternalIdentity.provider_id == provider_id, ExternalIdentity.subject == subject)
            .with_for_update()
        )

    async def identity_of(self, provider_id: UUID, *, user_id: UUID) -> ExternalIdentity | None:
        """What the provider calls the person."""
        return await self._session.scalar(
            select(ExternalIdentity).where(
                ExternalIdentity.provider_id == provider_id, ExternalIdentity.user_id == user_id
            )
        )
