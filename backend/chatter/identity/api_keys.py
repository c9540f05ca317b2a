"""Who may make, see and revoke which keys: people their own, administrators those of service accounts and of all."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chatter.identity.key_ring import KeyRing
from chatter.identity.models import ServiceAccount
from chatter.identity.schemas import ApiKey, ApiKeyCreate, ApiKeyCreated
from chatter.kit.clock import Clock
from chatter.kit.errors import NotFound
from chatter.kit.principal import Principal
from chatter.kit.schema import Page
from chatter.rbac.facade import Authorizer
from chatter.tenancy.facade import ServiceMemberships

__all__ = ["ApiKeys"]


class ApiKeys:
    """Works in the unit of work that it is given, for one principal."""

    def __init__(self, session: AsyncSession, principal: Principal, authorizer: Authorizer, clock: Clock) -> None:
        self._session = session
        self._principal = principal
        self._authorizer = authorizer
        self._memberships = ServiceMemberships(session, principal, authorizer)
        self._ring = KeyRing(session, principal, clock)

    async def of(self, account_id: UUID) -> list[ApiKey]:
        """The keys of a service account, those that do not work any more too."""
        if await self._session.get(ServiceAccount, (self._principal.tenant_id, account_id)) is None:
            raise NotFound
        return await self._ring.of(account_id)

    async def own(self) -> list[ApiKey]:
        """The principal's own, those that do not work any more too."""
        return await self._ring.of(self._principal.user_id)

    async def all(self, *, cursor: str | None, limit: int) -> Page[ApiKey]:
        """Everybody's, the newest first."""
        return await self._ring.page(cursor=cursor, limit=limit)

    async def create(self, account_id: UUID, data: ApiKeyCreate) -> ApiKeyCreated:
        """Make a key of a service account; raises PermissionNotHeld when it may do more than its maker."""
        await self._memberships.require_not_above(account_id)
        return await self._made(account_id, data)

    async def create_own(self, data: ApiKeyCreate) -> ApiKeyCreated:
        """Make a key for oneself; raises PermissionNotHeld for a scope that one does not hold."""
        return await self._made(self._principal.user_id, data)

    async def revoke(self, account_id: UUID, key_id: UUID) -> None:
        """Revoke a service account's key."""
        await self._ring.revoke(key_id, holder_id=account_id)

    async def revoke_own(self, key_id: UUID) -> None:
        """Revoke a key of one's own; raises NotFound for a colleague's."""
        await self._ring.revoke(key_id, holder_id=self._principal.user_id)

    async def revoke_any(self, key_id: UUID) -> None:
        """Revoke a key, whoever holds it."""
        await self._ring.revoke(key_id, holder_id=None)

    async def _made(self, holder_id: UUID, data: ApiKeyCreate) -> ApiKeyCreated:
        await self._authorizer.require_held(self._principal, frozenset(data.scopes or ()))
        return await self._ring.make(holder_id, data)
