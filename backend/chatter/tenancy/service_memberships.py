"""The memberships of service accounts: their role and whether they are let in. Who they are is identity's."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.errors import NotFound
from chatter.kit.principal import Principal
from chatter.rbac.facade import Authorizer
from chatter.tenancy.errors import OwnerIsPerson
from chatter.tenancy.models import Membership
from chatter.tenancy.schemas import Role

__all__ = ["ServiceMemberships"]


class ServiceMemberships:
    """Works in the unit of work that it is given; the caller records what it changes."""

    def __init__(self, session: AsyncSession, principal: Principal, authorizer: Authorizer) -> None:
        self._session = session
        self._principal = principal
        self._authorizer = authorizer

    async def admit(self, account_id: UUID, *, role: Role) -> None:
        """Let a new account in; raises OwnerIsPerson, and PermissionNotHeld for a role beyond one's own."""
        await self._require_may_give(role)
        self._session.add(
            Membership(tenant_id=self._principal.tenant_id, user_id=account_id, kind="service", role=role)
        )
        await self._session.flush()

    async def give_role(self, account_id: UUID, *, role: Role) -> None:
        """Give another role. Nobody gives, or takes, one that holds more than their own."""
        row = await self._locked(account_id)
        await self._authorizer.require_assignable(self._principal, row.role)
        await self._require_may_give(role)
        row.role = role
        await self._session.flush()

    async def require_not_above(self, account_id: UUID) -> None:
        """Raise PermissionNotHeld when the account may do more than the principal, who would act through it."""
        await self._authorizer.require_assignable(self._principal, (await self._locked(account_id)).role)

    async def suspend(self, account_id: UUID) -> bool:
        """Keep it out until it is reactivated, from the next request on; False when it was out already."""
        row = await self._locked(account_id)
        if row.suspended_at is not None:
            return False
        own = update(Membership).where(Membership.service_account_id == account_id)
        await self._session.execute(own.values(suspended_at=func.now()))
        return True

    async def reactivate(self, account_id: UUID) -> bool:
        """Let it in again; False when it was in."""
        row = await self._locked(account_id)
        if row.suspended_at is None:
            return False
        row.suspended_at = None
        await self._session.flush()
        return True

    async def _locked(self, account_id: UUID) -> Membership:
        own = select(Membership).where(Membership.service_account_id == account_id).with_for_update()
        row = await self._session.scalar(own)
        if row is None:
            raise NotFound
        return row

    async def _require_may_give(self, role: Role) -> None:
        if role == "owner":
            raise OwnerIsPerson("A service account can not own an organisation.", remedy="Choose another role.")
        await self._authorizer.require_assignable(self._principal, role)
