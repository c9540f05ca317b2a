"""The end of sessions that a provider vouched for: by the person, and by the provider without them.

OpenID Connect RP-Initiated Logout 1.0; Back-Channel Logout 1.0.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from yarl import URL

from chatter.audit.facade import record
from chatter.identity.events import SignedOut
from chatter.identity.permissions import IdentityAction
from chatter.kit.errors import ChatterError
from chatter.kit.events import emit
from chatter.kit.identifiers import TenantId, UserId
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.sso.addresses import SsoAddresses
from chatter.sso.discovery import Discovery
from chatter.sso.endings import end_session, end_sessions
from chatter.sso.errors import LogoutTokenInvalid, ProviderFailed, SsoRefused
from chatter.sso.events import SessionsEndedByProvider
from chatter.sso.models import IdentityProvider, SsoLogoutToken, SsoSession
from chatter.sso.permissions import SsoAction
from chatter.sso.repository import SsoRepository
from chatter.sso.schemas import SsoSignOut
from chatter.sso.tokens import LogoutToken, TokenReader
from chatter.sso.walk import Configured

__all__ = ["SsoLogout"]


class SsoLogout:
    """Opens its own units of work: the provider is asked outside of any transaction."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def sign_out(self, principal: Principal) -> SsoSignOut:
        """End this session, and say where the browser ends the provider's."""
        async with self._services.database.unit(principal.tenant_id) as session:
            row = await session.get(SsoSession, (principal.tenant_id, principal.session_id))
            provider = Configured.of(await SsoRepository(session).provider(row.provider_id)) if row else None
            await end_session(session, principal.session_id)
            await record(session, principal, IdentityAction.SIGNED_OUT, target=principal.user_id)
            emit(session, SignedOut(user_id=principal.user_id))
        return SsoSignOut(url=await self._farewell(provider, row) if provider and row else None)

    async def by_provider(self, tenant_id: UUID, provider_id: UUID, raw: str) -> None:
        """End whatever sessions the token names; raises LogoutTokenInvalid, IdentityProviderNotFound."""
        async with self._services.database.unit(tenant_id) as session:
            provider = Configured.of(await SsoRepository(session).provider(provider_id))
        expected = provider.expected(now=self._services.clock.now())
        try:
            token = await TokenReader(self._services.part(Discovery)).logout_token(raw, expected)
        except (SsoRefused, ProviderFailed) as error:
            raise LogoutTokenInvalid(error.detail, remedy=error.remedy) from error
        async with self._services.database.unit(tenant_id) as session:
            row = await SsoRepository(session).provider(provider_id)
            await self._use_up(session, provider_id, token, now=expected.now)
            ended = await self._end(session, provider_id, token)
            after = SessionsEndedByProvider(identity_provider_id=provider_id, sessions=len(ended))
            actor = _as_actor(row)
            await record(session, actor, SsoAction.ENDED_BY_PROVIDER, target=provider_id, after=after)
            emit(session, after)

    async def _farewell(self, provider: Configured, row: SsoSession) -> str | None:
        """None when the provider has no page for it, or can't be asked: the session here has ended anyway."""
        try:
            metadata = await self._services.part(Discovery).metadata(provider.target)
        except ChatterError:
            return None
        if metadata.end_session_endpoint is None:
            return None
        addresses = SsoAddresses(
            self._services.settings, tenant_id=provider.tenant_id, provider_id=provider.provider_id
        )
        query = {
            "id_token_hint": self._services.secrets.open(row.id_token_sealed, tenant_id=provider.tenant_id),
            "client_id": provider.client_id,
            "post_logout_redirect_uri": addresses.post_logout_redirect_uri,
        }
        return str(URL(metadata.end_session_endpoint).update_query(query))

    async def _use_up(self, session: AsyncSession, provider_id: UUID, token: LogoutToken, *, now: datetime) -> None:
        await session.execute(delete(SsoLogoutToken).where(SsoLogoutToken.expires_at < now))
        session.add(
            SsoLogoutToken(
                tenant_id=session.info["tenant_id"],
                provider_id=provider_id,
                token_id=token.token_id,
                expires_at=token.expires_at,
            )
        )
        try:
            await session.flush()
        except IntegrityError as error:
            raise LogoutTokenInvalid("This logout token was used before.") from error

    async def _end(self, session: AsyncSession, provider_id: UUID, token: LogoutToken) -> Sequence[UUID]:
        """All sessions of the subject, or the one that the provider names."""
        meant = [SsoSession.provider_id == provider_id]
        if token.sid is not None:
            meant.append(SsoSession.sid == token.sid)
        if token.subject is not None:
            meant.append(SsoSession.subject == token.subject)
        return await end_sessions(session, *meant)


def _as_actor(provider: IdentityProvider) -> Principal:
    """The provider, as the audit log knows it: a program with a name."""
    return Principal(
        tenant_id=TenantId(provider.tenant_id),
        user_id=UserId(provider.id),
        session_id=None,
        role="",
        email="",
        name=provider.name,
        organization_name="",
        kind="service",
    )
