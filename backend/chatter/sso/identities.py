"""What providers call an organisation's people: who is known by which name, and that a name is forgotten."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.identity.facade import sso_is_demanded
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.principal import Principal
from chatter.rbac.facade import Authorizer
from chatter.sso.endings import end_sessions
from chatter.sso.errors import LastWayIn
from chatter.sso.events import IdentityUnlinked
from chatter.sso.models import ExternalIdentity as Row
from chatter.sso.models import SsoBreakGlass, SsoSession
from chatter.sso.permissions import SsoAction
from chatter.sso.repository import SsoRepository
from chatter.sso.schemas import ExternalIdentity, ExternalIdentityList, Linked
from chatter.tenancy.facade import Provisioning

__all__ = ["Identities"]

_MOST = 1_000
_SHOWN = text("""
with people as materialized (select user_id, name from members_of_bound_tenant())
select e.id, e.provider_id as identity_provider_id, i.name as provider_name, e.subject, e.user_id,
    coalesce(p.name, '') as user_name, e.created_at, e.last_used_at
from external_identity e
join identity_provider i on i.tenant_id = e.tenant_id and i.id = e.provider_id
left join people p on p.user_id = e.user_id
where e.tenant_id = :tenant and (cast(:user as uuid) is null or e.user_id = :user)
    and (cast(:provider as uuid) is null or e.provider_id = :provider)
order by e.last_used_at desc, e.id limit :limit
""")
_WAYS = text("""
select user_password_hash(:user) is not null or (select f.passkeys > 0 from factors_of(:user) f) as own,
    exists (select from external_identity e
        join identity_provider i on i.tenant_id = e.tenant_id and i.id = e.provider_id and i.enabled
        where e.tenant_id = :tenant and e.user_id = :user and e.id <> :identity) as another
""")


class Identities:
    """Works in the unit of work that it is given, for one principal."""

    def __init__(self, session: AsyncSession, principal: Principal, authorizer: Authorizer) -> None:
        self._session = session
        self._principal = principal
        self._authorizer = authorizer

    async def own(self) -> ExternalIdentityList:
        """What the providers of this organisation call the principal."""
        return await self._shown(user_id=self._principal.user_id)

    async def known_to(self, provider_id: UUID) -> ExternalIdentityList:
        """Whom a provider has named, who came last first; raises IdentityProviderNotFound."""
        await SsoRepository(self._session).provider(provider_id)
        return await self._shown(provider_id=provider_id)

    async def unlink_own(self, identity_id: UUID) -> None:
        """Forget one's own name at a provider; raises NotFound for a colleague's, and LastWayIn."""
        own = select(Row).where(Row.user_id == self._principal.user_id).with_for_update()
        row = next((row for row in await self._session.scalars(own) if row.id == identity_id), None)
        if row is None:
            raise NotFound
        await self._require_another_way(row)
        await self._unlink(row)

    async def unlink(self, provider_id: UUID, identity_id: UUID) -> None:
        """Forget what a provider calls somebody; raises NotFound, PermissionNotHeld for who may do more than oneself.

        The next time they come, the provider must vouch for their address again.
        """
        wanted = select(Row).where(Row.provider_id == provider_id, Row.id == identity_id).with_for_update()
        row = await self._session.scalar(wanted)
        if row is None:
            raise NotFound
        place = await Provisioning(self._session).place(row.user_id)
        await self._authorizer.require_assignable(self._principal, place.role)
        await self._unlink(row)

    async def _unlink(self, row: Row) -> None:
        await end_sessions(self._session, SsoSession.provider_id == row.provider_id, SsoSession.user_id == row.user_id)
        await self._session.delete(row)
        await self._session.flush()
        before = Linked(identity_provider_id=row.provider_id, subject=row.subject)
        await record(self._session, self._principal, SsoAction.IDENTITY_UNLINKED, target=row.id, before=before)
        emit(self._session, IdentityUnlinked(identity_provider_id=row.provider_id, user_id=row.user_id))

    async def _require_another_way(self, row: Row) -> None:
        values = {"tenant": row.tenant_id, "user": row.user_id, "identity": row.id}
        ways = (await self._session.execute(_WAYS, values)).one()
        own_suffices = not await sso_is_demanded(self._session) or await self._is_break_glass(row.user_id)
        if not (ways.another or (ways.own and own_suffices)):
            raise LastWayIn(
                "You come in here by this account alone.",
                remedy="Set a password or add a passkey first, or come in by another provider of the organisation."
                if own_suffices
                else "Your organisation is opened by its own sign-in alone: ask an administrator to remove it.",
            )

    async def _is_break_glass(self, user_id: UUID) -> bool:
        marked = await self._session.scalar(select(SsoBreakGlass).where(SsoBreakGlass.user_id == user_id))
        return marked is not None and self._principal.role == "owner"

    async def _shown(self, *, user_id: UUID | None = None, provider_id: UUID | None = None) -> ExternalIdentityList:
        tenant_id = self._principal.tenant_id
        values = {"tenant": tenant_id, "user": user_id, "provider": provider_id, "limit": _MOST}
        rows = (await self._session.execute(_SHOWN, values)).mappings()
        return ExternalIdentityList(items=[ExternalIdentity(**row) for row in rows])
