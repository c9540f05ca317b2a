"""Organisations and memberships: the rules."""

from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.principal import Principal
from chatter.rbac.facade import Authorizer, role_names
from chatter.tenancy.errors import LastOwner, MembershipOwn, OwnerOnly, SuccessorUnfit
from chatter.tenancy.events import (
    MemberAdded,
    MemberReactivated,
    MemberRemoved,
    MemberRoleChanged,
    MemberSuspended,
    OrganizationCreated,
    OrganizationUpdated,
)
from chatter.tenancy.models import FormerMember, Membership
from chatter.tenancy.models import Organization as OrganizationRow
from chatter.tenancy.permissions import TenancyAction
from chatter.tenancy.roles import as_state
from chatter.tenancy.schemas import Member, Organization, OrganizationUpdate, Role, RoleChange

__all__ = ["TenancyService"]


class TenancyService:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def create(self, principal: Principal) -> None:
        """Make the principal's organisation, with the principal as its owner."""
        self._session.add(OrganizationRow(tenant_id=principal.tenant_id, name=principal.organization_name))
        await self._session.flush()
        self._session.add(Membership(tenant_id=principal.tenant_id, user_id=principal.user_id, role="owner"))
        await record(self._session, principal, TenancyAction.ORGANIZATION_CREATED, target=principal.tenant_id)
        emit(self._session, OrganizationCreated(organization_id=principal.tenant_id))

    async def organization(self, principal: Principal) -> Organization:
        row = await self._organization(principal)
        return _shown(row)

    async def update(self, principal: Principal, change: OrganizationUpdate) -> Organization:
        row = await self._organization(principal)
        before = OrganizationUpdate(name=row.name)
        row.name = change.name.strip()
        await record(
            self._session,
            principal,
            TenancyAction.ORGANIZATION_UPDATED,
            target=row.tenant_id,
            before=before,
            after=change,
        )
        emit(self._session, OrganizationUpdated(organization_id=row.tenant_id))
        return _shown(row)

    async def members(self) -> list[Member]:
        """The people of the organisation, in the order in which they joined."""
        return [member for member in await self.everybody() if member.kind == "person"]

    async def everybody(self) -> list[Member]:
        """The people and the service accounts."""
        names = await role_names(self._session, tenant_id=self._session.info["tenant_id"])
        rows = await self._session.execute(text("select * from members_of_bound_tenant()"))
        return [
            Member(
                user_id=row.user_id,
                email=row.email,
                name=row.name,
                role=row.role,
                role_name=names.get(row.role, row.role.capitalize()),
                joined_at=row.created_at,
                suspended_at=row.suspended_at,
                kind=row.kind,
            )
            for row in rows
        ]

    async def change_role(self, principal: Principal, *, user_id: UUID, role: Role, authorizer: Authorizer) -> Member:
        """Give a member another role. Nobody gives, or takes, a role that holds more than their own."""
        row = await self._membership(principal, user_id)
        before = row.role
        if "owner" in (before, role) and principal.role != "owner":
            raise OwnerOnly("Only an owner can make or change an owner.", remedy="Ask an owner.")
        await authorizer.require_assignable(principal, before)
        await authorizer.require_assignable(principal, role)
        if before == "owner" and role != "owner":
            await self.keep_an_owner(principal, besides=user_id)
        row.role = role
        await self._session.flush()
        await record(
            self._session,
            principal,
            TenancyAction.MEMBER_ROLE_CHANGED,
            target=user_id,
            before=RoleChange(role=before),
            after=RoleChange(role=role),
        )
        emit(self._session, MemberRoleChanged(user_id=user_id, role=role))
        return await self.member(user_id)

    async def remove_member(self, principal: Principal, *, user_id: UUID, authorizer: Authorizer) -> None:
        row = await self._membership(principal, user_id)
        if row.role == "owner":
            if principal.role != "owner":
                raise OwnerOnly("Only an owner can remove an owner.", remedy="Ask an owner.")
            await self.keep_an_owner(principal, besides=user_id)
        await authorizer.require_assignable(principal, row.role)
        await self.take_out(principal, user_id=user_id)
        await record(
            self._session,
            principal,
            TenancyAction.MEMBER_REMOVED,
            target=user_id,
            before=RoleChange(role=row.role),
        )
        emit(self._session, MemberRemoved(user_id=user_id))

    async def leave(self, principal: Principal) -> None:
        """Take the principal out; raises LastOwner. What they own stays with the organisation."""
        if principal.role == "owner":
            await self.keep_an_owner(principal, besides=principal.user_id)
        await self.take_out(principal, user_id=principal.user_id)
        await record(self._session, principal, TenancyAction.MEMBER_LEFT, target=principal.user_id)
        emit(self._session, MemberRemoved(user_id=principal.user_id))

    async def suspend_member(self, principal: Principal, *, user_id: UUID, authorizer: Authorizer) -> Member:
        """Keep a member out until they are reactivated: from the next request on, no session of theirs gets in."""
        row = await self._changeable(principal, user_id, authorizer)
        if row.suspended_at is None:
            if row.role == "owner":
                await self.keep_an_owner(principal, besides=user_id)
            own = update(Membership).where(Membership.user_id == user_id)
            await self._session.execute(own.values(suspended_at=func.now()))
            await record(self._session, principal, TenancyAction.MEMBER_SUSPENDED, target=user_id)
            emit(self._session, MemberSuspended(user_id=user_id))
        return await self.member(user_id)

    async def reactivate_member(self, principal: Principal, *, user_id: UUID, authorizer: Authorizer) -> Member:
        row = await self._changeable(principal, user_id, authorizer)
        if row.suspended_at is not None:
            row.suspended_at = None
            await self._session.flush()
            await record(self._session, principal, TenancyAction.MEMBER_REACTIVATED, target=user_id)
            emit(self._session, MemberReactivated(user_id=user_id))
        return await self.member(user_id)

    async def sign_out_member(self, principal: Principal, *, user_id: UUID, authorizer: Authorizer) -> None:
        """Let only sessions in that begin from now on; the caller records it. Their other organisations stay open."""
        await self._changeable(principal, user_id, authorizer)
        own = update(Membership).where(Membership.user_id == user_id)
        await self._session.execute(own.values(sessions_since=func.now()))

    async def transfer_ownership(self, principal: Principal, *, user_id: UUID) -> Member:
        """Make another member the owner and the principal an admin, at once. The caller has proven who they are."""
        if principal.role != "owner":
            raise OwnerOnly("Only an owner can hand the ownership over.", remedy="Ask an owner.")
        row = await self._membership(principal, user_id)
        if user_id == principal.user_id or row.suspended_at is not None:
            raise SuccessorUnfit("The new owner must be another, active member.", remedy="Choose somebody else.")
        own = await self._membership(principal, principal.user_id)
        before = row.role
        row.role, own.role = "owner", "admin"
        await self._session.flush()
        await record(
            self._session,
            principal,
            TenancyAction.OWNERSHIP_TRANSFERRED,
            target=user_id,
            before=RoleChange(role=before),
            after=RoleChange(role="owner"),
        )
        emit(self._session, MemberRoleChanged(user_id=user_id, role="owner"))
        emit(self._session, MemberRoleChanged(user_id=principal.user_id, role="admin"))
        return await self.member(user_id)

    async def member(self, user_id: UUID) -> Member:
        """One member; raises NotFound."""
        found = next((member for member in await self.members() if member.user_id == user_id), None)
        if found is None:
            raise NotFound
        return found

    async def take_out(self, principal: Principal, *, user_id: UUID) -> None:
        """End a membership, and remember that it was there; the caller has checked and records it."""
        await self._session.execute(delete(Membership).where(Membership.user_id == user_id))
        if await self._session.get(FormerMember, (principal.tenant_id, user_id)) is None:
            self._session.add(FormerMember(tenant_id=principal.tenant_id, user_id=user_id))

    async def join_by_domain(self, principal: Principal, *, role: Role) -> None:
        """Make the principal, whose mailbox and domain are proven, a member; the caller has asked who may."""
        self._session.add(Membership(tenant_id=principal.tenant_id, user_id=principal.user_id, role=role))
        await self._session.flush()
        after = RoleChange(role=role)
        await record(self._session, principal, TenancyAction.MEMBER_JOINED, target=principal.user_id, after=after)
        emit(self._session, MemberAdded(user_id=principal.user_id, role=role))

    async def require_changeable(self, principal: Principal, *, user_id: UUID, authorizer: Authorizer) -> None:
        """Raise MembershipOwn for oneself, OwnerOnly when an owner is changed by somebody who is none.

        Raise PermissionNotHeld for whoever may do more than the principal.
        """
        await self._changeable(principal, user_id, authorizer)

    async def _changeable(self, principal: Principal, user_id: UUID, authorizer: Authorizer) -> Membership:
        """Somebody else's membership; an owner's only for owners, and nobody's who may do more."""
        row = await self._membership(principal, user_id)
        if user_id == principal.user_id:
            raise MembershipOwn("You can not do this to yourself.", remedy="Ask another administrator.")
        if row.role == "owner" and principal.role != "owner":
            raise OwnerOnly("Only an owner can do this to an owner.", remedy="Ask an owner.")
        await authorizer.require_assignable(principal, row.role)
        return row

    async def _organization(self, principal: Principal) -> OrganizationRow:
        return await self._session.get_one(OrganizationRow, principal.tenant_id)

    async def _membership(self, principal: Principal, user_id: UUID) -> Membership:
        """A person's; a service account has pages and rules of its own."""
        row = await self._session.get(Membership, (principal.tenant_id, user_id))
        if row is None or row.kind != "person":
            raise NotFound
        return row

    async def keep_an_owner(self, principal: Principal, *, besides: UUID) -> None:
        """Raise LastOwner when no other active owner is left; the lock keeps two owners from leaving at once."""
        await self._session.get(OrganizationRow, principal.tenant_id, with_for_update=True)
        owners = await self._session.scalar(
            select(func.count())
            .select_from(Membership)
            .where(Membership.role == "owner", Membership.suspended_at.is_(None), Membership.user_id != besides)
        )
        if not owners:
            raise LastOwner("This is the last owner.", remedy="Make somebody else an owner first.")


def _shown(row: OrganizationRow) -> Organization:
    return Organization(
        id=row.tenant_id,
        name=row.name,
        created_at=row.created_at,
        state=as_state(row.state),
        purge_after=row.purge_after if row.state == "deleting" else None,
    )
