"""Enforced single sign-on: no other session opens the organisation, but those of its break-glass owners.

Whoever asks for it must not lock everybody out: a provider that has been tested is enabled, and an owner can come in
without it.
"""

from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.identity.facade import demand_sso, sso_is_demanded
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.principal import Principal
from chatter.sso.errors import BreakGlassMissing, ProviderNeeded
from chatter.sso.events import SsoEnforcementChanged
from chatter.sso.models import IdentityProvider, SsoBreakGlass
from chatter.sso.permissions import SsoAction
from chatter.sso.schemas import SsoEffect, SsoEnforcement
from chatter.tenancy.facade import Provisioning

__all__ = ["Enforcement"]

_EFFECT = text("""
with people as (
    select m.user_id, exists (
        select from external_identity e join identity_provider i
            on i.tenant_id = e.tenant_id and i.id = e.provider_id and i.enabled
        where e.tenant_id = m.tenant_id and e.user_id = m.user_id) as known
    from membership m
    where m.tenant_id = :tenant and m.kind = 'person' and m.suspended_at is null
        and not (m.role = 'owner' and m.user_id = any(cast(:kept as uuid[])))
), strangers as (select user_id from people where not known)
select (select count(*) from people) as people, (select count(*) from strangers) as strangers,
    (select count(*) from api_key k join strangers using (user_id) where k.tenant_id = :tenant
        and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())) as keys,
    (select count(*) from oauth_grant g join strangers using (user_id) where g.tenant_id = :tenant
        and g.revoked_at is null) as apps
""")


class Enforcement:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession, principal: Principal) -> None:
        self._session = session
        self._principal = principal

    async def present(self) -> SsoEnforcement:
        owners = await self._session.scalars(select(SsoBreakGlass.user_id).order_by(SsoBreakGlass.user_id))
        return SsoEnforcement(required=await sso_is_demanded(self._session), break_glass_ids=[*owners])

    async def effect(self, break_glass_ids: list[UUID]) -> SsoEffect:
        """What enforcing it would stop, were these the owners who come in without."""
        values = {"tenant": self._principal.tenant_id, "kept": break_glass_ids}
        return SsoEffect(**(await self._session.execute(_EFFECT, values)).mappings().one())

    async def change(self, data: SsoEnforcement) -> SsoEnforcement:
        """Raise BreakGlassMissing, ProviderNeeded; NotFound for somebody who is no active owner."""
        before = await self.present()
        wanted = sorted(set(data.break_glass_ids))
        for user_id in wanted:
            place = await Provisioning(self._session).place(user_id)
            if (place.standing, place.role) != ("member", "owner"):
                raise NotFound
        if data.required and not wanted:
            raise BreakGlassMissing(
                "Nobody could come in when the provider is away.", remedy="Choose at least one owner who can."
            )
        await self._mark(wanted)
        await demand_sso(self._session, demanded=data.required)
        await self.require_provider()
        after, action = SsoEnforcement(required=data.required, break_glass_ids=wanted), SsoAction.ENFORCEMENT_CHANGED
        target = self._principal.tenant_id
        await record(self._session, self._principal, action, target=target, before=before, after=after)
        emit(self._session, SsoEnforcementChanged(required=data.required))
        return after

    async def require_provider(self) -> None:
        """Raise ProviderNeeded while single sign-on is enforced and no tested provider is enabled."""
        if not await sso_is_demanded(self._session):
            return
        usable = (IdentityProvider.enabled.is_(True), IdentityProvider.tested_at.is_not(None))
        if not await self._session.scalar(select(func.count()).select_from(IdentityProvider).where(*usable)):
            raise ProviderNeeded(
                "Single sign-on is enforced, and no provider would be left that works.",
                remedy="Enable a provider whose test has succeeded, or stop enforcing first.",
            )

    async def _mark(self, user_ids: list[UUID]) -> None:
        await self._session.execute(delete(SsoBreakGlass))
        for user_id in user_ids:
            self._session.add(SsoBreakGlass(tenant_id=self._principal.tenant_id, user_id=user_id))
        await self._session.flush()
