"""Memberships as a directory keeps them: it lets in, keeps out and takes out by the rules that hold for everybody."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.events import emit
from chatter.kit.principal import Principal
from chatter.rbac.facade import Authorizer
from chatter.tenancy.errors import OwnerOnly
from chatter.tenancy.events import MemberAdded, MemberReactivated, MemberRemoved, MemberRoleChanged, MemberSuspended
from chatter.tenancy.models import Membership
from chatter.tenancy.permissions import TenancyAction
from chatter.tenancy.schemas import Role, RoleChange
from chatter.tenancy.service import TenancyService

__all__ = ["ProvisionedMemberships"]


class ProvisionedMemberships:
    """Works in the unit of work that it is given, for a directory whose role is that of whoever connected it."""

    def __init__(self, session: AsyncSession, principal: Principal, authorizer: Authorizer) -> None:
        self._session = session
        self._principal = principal
        self._authorizer = authorizer
        self._tenancy = TenancyService(session)

    async def of(self, person_id: UUID) -> Membership | None:
        """A person's membership, locked until the unit ends."""
        own = select(Membership).where(Membership.person_id == person_id).with_for_update()
        return await self._session.scalar(own)

    async def admit(self, person_id: UUID, *, role: Role) -> None:
        """Make somebody a member; raises OwnerOnly, PermissionNotHeld."""
        await self._require_may_give(role)
        self._session.add(Membership(tenant_id=self._principal.tenant_id, user_id=person_id, role=role))
        await self._session.flush()
        await self._note(TenancyAction.MEMBER_ADDED, person_id, after=RoleChange(role=role))
        emit(self._session, MemberAdded(user_id=person_id, role=role))

    async def give_role(self, row: Membership, *, role: Role) -> None:
        """Give another role; raises OwnerOnly for an owner's, and PermissionNotHeld for one beyond the directory's."""
        before = row.role
        if before == "owner":
            raise OwnerOnly(
                "An owner's role is not the directory's.", remedy="Hand the ownership over in the settings."
            )
        await self._authorizer.require_assignable(self._principal, before)
        await self._require_may_give(role)
        await self._give(row, role=role)

    async def follow_group(self, row: Membership, *, role: Role, instead_of: Role | None = None) -> None:
        """Give the role that a group stands for, as somebody has said who may give it.

        An owner stays one, nobody becomes one, and whoever may do more than the principal keeps what they have, unless
        it is what another group gave (`instead_of`).
        """
        if role == row.role or "owner" in (role, row.role):
            return
        covers = self._authorizer.covers
        if row.role == instead_of or await covers(self._principal.tenant_id, self._principal.role, row.role):
            await self._give(row, role=role)

    async def _give(self, row: Membership, *, role: Role) -> None:
        before, row.role = row.role, role
        await self._session.flush()
        before_after = {"before": RoleChange(role=before), "after": RoleChange(role=role)}
        await self._note(TenancyAction.MEMBER_ROLE_CHANGED, row.user_id, **before_after)
        emit(self._session, MemberRoleChanged(user_id=row.user_id, role=role))

    async def require_not_above(self, row: Membership) -> None:
        """Raise OwnerOnly or PermissionNotHeld for somebody who may do more than the directory.

        Whoever changed the address that they sign in with could become them, and a token shuts out nobody whom its
        maker could not.
        """
        if row.role == "owner":
            self._require_owner()
        else:
            await self._authorizer.require_assignable(self._principal, row.role)

    async def suspend(self, row: Membership) -> None:
        """Keep somebody out from the next request on; raises OwnerOnly, PermissionNotHeld, LastOwner."""
        await self._require_not_needed(row)
        own = update(Membership).where(Membership.user_id == row.user_id)
        await self._session.execute(own.values(suspended_at=func.now()))
        await self._session.refresh(row)
        await self._note(TenancyAction.MEMBER_SUSPENDED, row.user_id)
        emit(self._session, MemberSuspended(user_id=row.user_id))

    async def reactivate(self, row: Membership) -> None:
        """Let a suspended member in again; raises OwnerOnly, PermissionNotHeld."""
        await self.require_not_above(row)
        row.suspended_at = None
        await self._session.flush()
        await self._note(TenancyAction.MEMBER_REACTIVATED, row.user_id)
        emit(self._session, MemberReactivated(user_id=row.user_id))

    async def end(self, row: Membership) -> None:
        """Take somebody out; raises OwnerOnly, PermissionNotHeld, LastOwner. What they own stays where it is."""
        await self._require_not_needed(row)
        before = RoleChange(role=row.role)
        await self._tenancy.take_out(self._principal, user_id=row.user_id)
        await self._note(TenancyAction.MEMBER_REMOVED, row.user_id, before=before)
        emit(self._session, MemberRemoved(user_id=row.user_id))

    async def _require_not_needed(self, row: Membership) -> None:
        await self.require_not_above(row)
        if row.role == "owner":
            await self._tenancy.keep_an_owner(self._principal, besides=row.user_id)

    def _require_owner(self) -> None:
        if self._principal.role != "owner":
            raise OwnerOnly(
                "This person is an owner, and the token was made by somebody who is none.",
                remedy="Have an owner make the token, or take the ownership away first.",
            )

    async def _require_may_give(self, role: Role) -> None:
        if role == "owner":
            raise OwnerOnly("A directory makes nobody an owner.", remedy="Hand the ownership over in the settings.")
        await self._authorizer.require_assignable(self._principal, role)

    async def _note(
        self,
        action: TenancyAction,
        person_id: UUID,
        *,
        before: RoleChange | None = None,
        after: RoleChange | None = None,
    ) -> None:
        await record(self._session, self._principal, action, target=person_id, before=before, after=after)
