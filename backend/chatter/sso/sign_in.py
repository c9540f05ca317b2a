"""Signing in through an organisation's identity provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.identity.facade import IdentityService, SignInMethod, principal_by_token, sso_demanded_of
from chatter.identity.schemas import Profile, SessionStarted
from chatter.kit.events import emit
from chatter.kit.jobs import JobQueue
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.rbac.facade import Authorizer
from chatter.sso.attempts import Attempts, Begun, Returned
from chatter.sso.errors import IdentityProviderDisabled
from chatter.sso.events import SsoSignedIn
from chatter.sso.groups import follow_groups
from chatter.sso.linking import Linking
from chatter.sso.models import SsoSession
from chatter.sso.permissions import SsoAction
from chatter.sso.repository import SsoRepository
from chatter.sso.schemas import SsoDemand, SsoDemandList, SsoDoor, SsoTest
from chatter.sso.trials import Trials
from chatter.sso.walk import Answer, Claims, Configured, Walk
from chatter.tenancy.facade import Invitations

__all__ = ["Departure", "SsoSignIn"]


@dataclass(frozen=True, kw_only=True)
class Departure:
    """Where the browser goes, and what it takes along."""

    url: str
    begun: Begun


class SsoSignIn:
    """Opens its own units of work: the provider is asked outside of any transaction."""

    def __init__(self, services: Services, identity: IdentityService, authorizer: Authorizer, jobs: JobQueue) -> None:
        self._services = services
        self._database = services.database
        self._identity = identity
        self._authorizer = authorizer
        self._jobs = jobs

    async def door(self, email: str) -> SsoDoor:
        """Where people of the domain sign in. One statement for whatever address; the person is not looked up."""
        domain = email.strip().rpartition("@")[2]
        row = await self._database.hot.fetchrow("select * from sso_provider_by_domain($1)", domain)
        return SsoDoor(url=f"/api/v1/auth/sso/{row['tenant_id']}/{row['provider_id']}/start" if row else None)

    async def demanded(self, token: str) -> SsoDemandList:
        """What keeps a session out where its own person belongs; nothing for a token that is no session's."""
        found = await sso_demanded_of(self._database, token, tenant_id=None)
        items = [
            SsoDemand(
                organization_name=one.organization_name,
                provider_name=one.provider_name,
                url=f"/api/v1/auth/sso/{one.tenant_id}/{one.provider_id}/start",
            )
            for one in found
        ]
        return SsoDemandList(items=items)

    async def begin(self, tenant_id: UUID, provider_id: UUID, *, hint: str | None) -> Departure:
        """Raise IdentityProviderNotFound, IdentityProviderDisabled, ProviderFailed, EgressRefused."""
        async with self._database.unit(tenant_id) as session:
            row = await SsoRepository(session).provider(provider_id)
            _require_enabled(enabled=row.enabled)
            provider = Configured.of(row)
        walk = Walk(self._services, provider)
        metadata = await walk.outset()
        async with self._database.unit(tenant_id) as session:
            begun = await Attempts(session, self._services.clock).begin(provider_id)
        return Departure(url=walk.address(metadata, begun, hint=hint), begun=begun)

    async def begin_test(
        self, tenant_id: UUID, provider_id: UUID, attempt_id: UUID, *, person_id: UUID | None
    ) -> Departure:
        """As `begin`, for a test that this person has prepared; the provider need not be enabled."""
        async with self._database.unit(tenant_id) as session:
            provider = Configured.of(await SsoRepository(session).provider(provider_id))
            begun = await Attempts(session, self._services.clock).begin_test(
                provider_id, attempt_id, person_id=person_id
            )
        walk = Walk(self._services, provider)
        return Departure(url=walk.address(await walk.outset(), begun, hint=None), begun=begun)

    async def finish(
        self, tenant_id: UUID, provider_id: UUID, answer: Answer, *, cookies: Mapping[str, str], user_agent: str
    ) -> SessionStarted | SsoTest:
        """A session, or what a test has seen. Raise AttemptInvalid, SsoRefused, ProviderFailed."""
        async with self._database.unit(tenant_id) as session:
            row = await SsoRepository(session).provider(provider_id)
            attempts = Attempts(session, self._services.clock)
            returned = await attempts.finish(provider_id, answer.state, cookies=cookies)
            enabled, provider = row.enabled, Configured.of(row)
        if returned.row.purpose == "test":
            return await Trials(self._services).finish(provider, answer, returned)
        _require_enabled(enabled=enabled)
        claims = await self._claims(provider, answer, returned)
        person = await self._admit(provider, claims)
        return await self._start(person, provider, claims, user_agent=user_agent)

    async def _claims(self, provider: Configured, answer: Answer, returned: Returned) -> Claims:
        begun_at: datetime = returned.row.created_at
        return await Walk(self._services, provider).claims(answer, returned.begun, begun_at=begun_at)

    async def _admit(self, provider: Configured, claims: Claims) -> Principal:
        """Who it is, as a member with the role and teams of their groups."""
        async with self._database.unit(provider.tenant_id) as session:
            row = await SsoRepository(session).provider(provider.provider_id, lock=True)
            person = await Linking(session, row, self._identity, self._invitations(session)).person(claims)
            await follow_groups(session, row, person, claims)
        return person

    async def _start(
        self, person: Principal, provider: Configured, claims: Claims, *, user_agent: str
    ) -> SessionStarted:
        """A session that opens this organisation alone: no other one has said that it trusts the provider."""
        profile = Profile(id=person.user_id, email=person.email, name=person.name)
        started = await self._identity.started(
            profile, user_agent=user_agent, methods=(SignInMethod.SSO,), bound_to=provider.tenant_id
        )
        acting = await principal_by_token(self._database, started.token, tenant_id=provider.tenant_id, uses=None)
        if acting is None or acting.session_id is None:
            raise IdentityProviderDisabled("You were taken out of the organisation meanwhile.")
        async with self._database.unit(provider.tenant_id) as session:
            await self._note(session, acting, acting.session_id, provider, claims)
        return started

    async def _note(
        self, session: AsyncSession, person: Principal, session_id: UUID, provider: Configured, claims: Claims
    ) -> None:
        """What the provider's logout will need, and the row that tells of the sign-in."""
        over = self._services.clock.now() - timedelta(days=self._services.settings.session_days)
        await session.execute(delete(SsoSession).where(SsoSession.created_at < over))
        session.add(
            SsoSession(
                tenant_id=provider.tenant_id,
                id=session_id,
                provider_id=provider.provider_id,
                user_id=person.user_id,
                subject=claims.subject,
                sid=claims.sid,
                id_token_sealed=self._services.secrets.seal(claims.id_token, tenant_id=provider.tenant_id),
            )
        )
        await record(session, person, SsoAction.SIGNED_IN, target=provider.provider_id)
        emit(session, SsoSignedIn(identity_provider_id=provider.provider_id, user_id=person.user_id))

    def _invitations(self, session: AsyncSession) -> Invitations:
        services = self._services
        return Invitations(session, self._authorizer, settings=services.settings, clock=services.clock, jobs=self._jobs)


def _require_enabled(*, enabled: bool) -> None:
    if not enabled:
        raise IdentityProviderDisabled(
            "This way to sign in is switched off.", remedy="Sign in in another way, or ask an administrator."
        )
