"""Whom a provider means: somebody it has named before, or whoever reads an address that both it and we can vouch for.

An account that nobody has proven to be theirs is never taken for the person: it may
have been made by somebody else, who would come in behind them.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.identity.facade import IdentityService
from chatter.kit.clock import Clock
from chatter.kit.events import emit
from chatter.kit.identifiers import TenantId, UserId, new_id
from chatter.kit.principal import Principal
from chatter.sso.errors import PersonRefused
from chatter.sso.events import IdentityLinked
from chatter.sso.models import ExternalIdentity, IdentityProvider
from chatter.sso.permissions import SsoAction
from chatter.sso.repository import SsoRepository
from chatter.sso.schemas import Linked
from chatter.sso.vouching import vouched_address
from chatter.sso.walk import Claims
from chatter.tenancy.facade import Invitations, Provisioning, TenancyService

__all__ = ["Linking"]

_KNOWN = text("select id, name, user_email_proven(id) as proven from user_by_email(:email)")
_ASK = "Ask an administrator of the organisation."


class Linking:
    """Works in the unit of work that it is given."""

    def __init__(
        self, session: AsyncSession, provider: IdentityProvider, identity: IdentityService, invitations: Invitations
    ) -> None:
        self._session = session
        self._provider = provider
        self._identity = identity
        self._invitations = invitations
        self._clock: Clock = identity.clock
        self._rows = SsoRepository(session)
        self._provisioning = Provisioning(session)

    async def person(self, claims: Claims) -> Principal:
        """The member whom the claims are about, as they will act; raises PersonRefused."""
        organization = await self._provisioning.open_organization()
        if organization is None:
            raise PersonRefused("This organisation is closed at the moment.", remedy=_ASK)
        link = await self._rows.identity(self._provider.id, subject=claims.subject)
        if link is not None:
            link.last_used_at = self._clock.now()
            return await self._member(link.user_id, organization=organization)
        email = await vouched_address(self._session, self._provider, claims)
        person = await self._by_address(email, claims, organization=organization)
        await self._link(person, claims)
        return person

    async def _by_address(self, email: str, claims: Claims, *, organization: str) -> Principal:
        """A member, or who becomes one by an invitation or just in time."""
        known = (await self._session.execute(_KNOWN, {"email": email})).one_or_none()
        standing = "stranger" if known is None else (await self._provisioning.place(known.id)).standing
        if known is not None and standing in ("member", "suspended"):
            await self._refuse_other_subject(known.id)
            return await self._member(known.id, organization=organization)
        invited = await self._invitations.by_email(email)
        if invited is None and (not self._provider.just_in_time or standing == "former"):
            raise PersonRefused(f"{email} does not belong to this organisation.", remedy="Ask to be invited.")
        if known is not None and not known.proven:
            raise PersonRefused(
                f"There is an account for {email} that nobody has confirmed yet.",
                remedy="Set a new password for it by mail, which confirms the address, and sign in here again.",
            )
        person = self._principal(
            known.id if known else new_id(),
            role=invited.role if invited else self._provider.default_role,
            email=email,
            name=known.name if known else claims.name or email.partition("@")[0],
            organization=organization,
        )
        if known is None:
            await self._identity.create_user(
                self._session, user_id=person.user_id, email=email, name=person.name, password_hash=None
            )
        if invited is not None:
            await self._invitations.accept(person, invited)
        else:
            await TenancyService(self._session).join_by_domain(person, role=person.role)
        return person

    async def _member(self, user_id: UUID, *, organization: str) -> Principal:
        if (await self._provisioning.place(user_id)).standing != "member":
            raise PersonRefused("Your membership is suspended.", remedy=_ASK)
        member = await TenancyService(self._session).member(user_id)
        return self._principal(
            user_id, role=member.role, email=member.email, name=member.name, organization=organization
        )

    async def _refuse_other_subject(self, user_id: UUID) -> None:
        """A provider keeps its names for people: another name for the same address is another person's."""
        if await self._rows.identity_of(self._provider.id, user_id=user_id) is not None:
            raise PersonRefused(
                "The provider calls this person by another subject than before.",
                remedy="If the provider has renamed its people, set it up anew: that forgets whom it knew.",
            )

    async def _link(self, person: Principal, claims: Claims) -> None:
        row = ExternalIdentity(
            tenant_id=person.tenant_id,
            id=new_id(),
            provider_id=self._provider.id,
            subject=claims.subject,
            user_id=person.user_id,
        )
        self._session.add(row)
        await self._session.flush()
        after = Linked(identity_provider_id=self._provider.id, subject=claims.subject)
        await record(self._session, person, SsoAction.IDENTITY_LINKED, target=row.id, after=after)
        emit(self._session, IdentityLinked(identity_provider_id=self._provider.id, user_id=person.user_id))

    def _principal(self, user_id: UUID, *, role: str, email: str, name: str, organization: str) -> Principal:
        return Principal(
            tenant_id=TenantId(self._provider.tenant_id),
            user_id=UserId(user_id),
            session_id=UUID(int=0),
            role=role,
            email=email,
            name=name,
            organization_name=organization,
        )
