"""Roles of the organisation's own: made of permissions that their maker holds."""

from collections.abc import Iterable
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.kit.schema import Schema
from chatter.rbac.authorizer import Authorizer
from chatter.rbac.catalogue import BUILT_IN_ROLES
from chatter.rbac.errors import RoleInUse, RoleNameTaken, UnknownPermission
from chatter.rbac.events import RoleCreated, RoleDeleted, RoleUpdated
from chatter.rbac.models import Role as RoleRow
from chatter.rbac.models import RolePermission
from chatter.rbac.permissions import RbacAction
from chatter.rbac.repository import members_by_role, open_invitations
from chatter.rbac.schemas import Permission, PermissionList, Role, RoleCreate, RoleList, RoleUpdate

__all__ = ["RoleService"]


class RoleState(Schema):
    """What the audit log keeps of a role."""

    name: str
    description: str
    permissions: list[str]


class RoleService:
    """Works in the unit of work that it is given, for one principal."""

    def __init__(self, session: AsyncSession, principal: Principal, authorizer: Authorizer) -> None:
        self._session = session
        self._principal = principal
        self._authorizer = authorizer

    async def permissions(self) -> PermissionList:
        """Everything that a role may allow, and whether the principal may hand it on."""
        held = await self._authorizer.permissions_of(self._principal)
        return PermissionList(
            items=[_permission(name, held=name in held) for name in self._authorizer.catalogue.permissions]
        )

    async def roles(self) -> RoleList:
        members = await members_by_role(self._session, tenant_id=self._principal.tenant_id)
        built_in = [_built_in(key, self._authorizer, members=members.get(key, 0)) for key in BUILT_IN_ROLES]
        rows = (await self._session.scalars(select(RoleRow).order_by(func.lower(RoleRow.name)))).all()
        held = await self._permissions_of(row.id for row in rows)
        own = [_own(row, held[row.id], members=members.get(_key(row.id), 0)) for row in rows]
        return RoleList(items=[*built_in, *own])

    async def role(self, role_id: UUID) -> Role:
        row = await self._row(role_id)
        members = await members_by_role(self._session, tenant_id=self._principal.tenant_id)
        return _own(row, await self._permissions(role_id), members=members.get(_key(role_id), 0))

    async def create(self, data: RoleCreate) -> Role:
        """Make a role; raises PermissionNotHeld when it would hold more than its maker."""
        wanted = self._known(data.permissions)
        await self._authorizer.require_held(self._principal, wanted)
        await self._require_free_name(data.name, beside=None)
        row = RoleRow(
            tenant_id=self._principal.tenant_id,
            id=new_id(),
            name=data.name.strip(),
            description=data.description.strip(),
            created_by=self._principal.user_id,
        )
        self._session.add(row)
        await self._session.flush()
        self._add(row.id, wanted)
        after = _state(row, wanted)
        await record(self._session, self._principal, RbacAction.ROLE_CREATED, target=row.id, after=after)
        emit(self._session, RoleCreated(role_id=row.id))
        await self._session.flush()
        return _own(row, wanted, members=0)

    async def update(self, role_id: UUID, change: RoleUpdate) -> Role:
        """Change a role; what is added must be held by whoever adds it."""
        row = await self._row(role_id)
        held = await self._permissions(role_id)
        before = _state(row, held)
        wanted = held if change.permissions is UNSET else self._known(change.permissions)
        await self._authorizer.require_held(self._principal, wanted - held)
        if change.name is not UNSET:
            await self._require_free_name(change.name, beside=role_id)
            row.name = change.name.strip()
        if change.description is not UNSET:
            row.description = change.description.strip()
        await self._session.execute(
            delete(RolePermission).where(
                RolePermission.role_id == role_id, RolePermission.permission.in_(held - wanted)
            )
        )
        self._add(role_id, wanted - held)
        after = _state(row, wanted)
        await record(
            self._session, self._principal, RbacAction.ROLE_UPDATED, target=role_id, before=before, after=after
        )
        emit(self._session, RoleUpdated(role_id=role_id))
        await self._session.flush()
        return await self.role(role_id)

    async def delete(self, role_id: UUID) -> None:
        """Remove a role; raises RoleInUse while a member has it, or could get it by an invitation."""
        row = await self._row(role_id)
        members = await members_by_role(self._session, tenant_id=self._principal.tenant_id)
        if count := members.get(_key(role_id), 0):
            raise RoleInUse(
                f"{count} of the members {'has' if count == 1 else 'have'} the role “{row.name}”.",
                remedy="Give them another role first.",
            )
        if count := await open_invitations(self._session, tenant_id=self._principal.tenant_id, role_id=role_id):
            raise RoleInUse(
                f"{count} open {'invitation offers' if count == 1 else 'invitations offer'} the role “{row.name}”.",
                remedy="Withdraw them first.",
            )
        before = _state(row, await self._permissions(role_id))
        await self._session.execute(delete(RoleRow).where(RoleRow.id == role_id))
        await record(self._session, self._principal, RbacAction.ROLE_DELETED, target=role_id, before=before)
        emit(self._session, RoleDeleted(role_id=role_id))

    async def _row(self, role_id: UUID) -> RoleRow:
        row = await self._session.get(RoleRow, (self._principal.tenant_id, role_id))
        if row is None:
            raise NotFound
        return row

    async def _permissions(self, role_id: UUID) -> frozenset[str]:
        return (await self._permissions_of([role_id]))[role_id]

    async def _permissions_of(self, role_ids: Iterable[UUID]) -> dict[UUID, frozenset[str]]:
        """Those that a domain still knows: what a later release took away stays in the table and means nothing."""
        known = frozenset(self._authorizer.catalogue.permissions)
        found: dict[UUID, set[str]] = {role_id: set() for role_id in role_ids}
        for row in await self._session.scalars(select(RolePermission).where(RolePermission.role_id.in_(found))):
            found[row.role_id].add(row.permission)
        return {role_id: known & permissions for role_id, permissions in found.items()}

    def _known(self, names: list[str]) -> frozenset[str]:
        unknown = sorted(set(names) - set(self._authorizer.catalogue.permissions))
        if unknown:
            raise UnknownPermission(f"No domain knows {unknown[0]}.", remedy="Take one from the list of permissions.")
        return frozenset(names)

    def _add(self, role_id: UUID, permissions: frozenset[str]) -> None:
        tenant_id = self._principal.tenant_id
        for name in sorted(permissions):
            self._session.add(RolePermission(tenant_id=tenant_id, role_id=role_id, permission=name))

    async def _require_free_name(self, name: str, *, beside: UUID | None) -> None:
        wanted = name.strip().lower()
        other = await self._session.scalar(
            select(RoleRow.id).where(func.lower(RoleRow.name) == wanted, RoleRow.id.is_distinct_from(beside))
        )
        if other is not None or wanted in BUILT_IN_ROLES:
            raise RoleNameTaken(f"There is a role called “{name.strip()}” already.", remedy="Choose another name.")


def _key(role_id: UUID) -> str:
    return f"custom:{role_id}"


def _state(row: RoleRow, permissions: frozenset[str]) -> RoleState:
    return RoleState(name=row.name, description=row.description, permissions=sorted(permissions))


def _permission(name: str, *, held: bool) -> Permission:
    domain, resource, action = name.split(":")
    return Permission(name=name, domain=domain, resource=resource, action=action, held=held)


def _built_in(key: str, authorizer: Authorizer, *, members: int) -> Role:
    permissions = sorted(authorizer.catalogue.built_in[key])
    return Role(key=key, id=None, name=key.capitalize(), description="", permissions=permissions, members=members)


def _own(row: RoleRow, permissions: frozenset[str], *, members: int) -> Role:
    return Role(
        key=_key(row.id),
        id=row.id,
        name=row.name,
        description=row.description,
        permissions=sorted(permissions),
        members=members,
    )
