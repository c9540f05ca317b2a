"""Which groups of the directory stand for which roles, as administrators say and see it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.errors import Invalid, NotFound
from chatter.kit.events import emit
from chatter.kit.principal import Principal
from chatter.kit.schema import Schema
from chatter.rbac.facade import Authorizer
from chatter.scim.events import ScimGroupRolesChanged
from chatter.scim.mapped_roles import MappedRoles
from chatter.scim.models import ScimGroupRole as Row
from chatter.scim.permissions import ScimAction
from chatter.scim.schemas import ScimGroupRole, ScimGroupRoleChoice

__all__ = ["GroupRoles"]

_GROUPS = text("""
select g.id as group_id, t.name as group_name, r.role, (
    select count(*) from scim_group_member m where m.tenant_id = g.tenant_id and m.scim_group_id = g.id) as members
from scim_group g
join team t on t.tenant_id = g.tenant_id and t.id = g.team_id
left join scim_group_role r on r.tenant_id = g.tenant_id and r.scim_group_id = g.id
where g.tenant_id = :tenant order by r.position nulls last, lower(t.name), g.id
""")


class MappingState(Schema):
    """What the audit log keeps: groups and their roles, in the order in which they decide."""

    groups: list[UUID]
    roles: list[str]


class GroupRoles:
    """Works in the unit of work that it is given, for one principal."""

    def __init__(self, session: AsyncSession, principal: Principal, authorizer: Authorizer) -> None:
        self._session = session
        self._principal = principal
        self._authorizer = authorizer

    async def all(self) -> list[ScimGroupRole]:
        """Every group, those that stand for a role first, in their order."""
        rows = await self._session.execute(_GROUPS, {"tenant": self._principal.tenant_id})
        return [ScimGroupRole(**row) for row in rows.mappings()]

    async def change(self, chosen: Sequence[ScimGroupRoleChoice]) -> list[ScimGroupRole]:
        """Let these groups stand for these roles, the first that holds a person deciding, from now on.

        Raise NotFound for a group or role that is not there, PermissionNotHeld for a role beyond one's own.
        """
        before = await self.all()
        if len({one.group_id for one in chosen}) < len(chosen):
            raise Invalid("A group stands for one role.", remedy="Name each group once.")
        if {one.group_id for one in chosen} - {one.group_id for one in before}:
            raise NotFound
        for one in chosen:
            await self._authorizer.require_assignable(self._principal, one.role)
        await self._session.execute(delete(Row))
        tenant_id = self._principal.tenant_id
        self._session.add_all(
            Row(tenant_id=tenant_id, scim_group_id=one.group_id, position=at, role=one.role)
            for at, one in enumerate(chosen)
        )
        await self._session.flush()
        await MappedRoles(self._session, self._principal, self._authorizer).follow_all()
        after = await self.all()
        told, action = (_state(before), _state(after)), ScimAction.GROUP_ROLES_CHANGED
        await record(self._session, self._principal, action, target=tenant_id, before=told[0], after=told[1])
        emit(self._session, ScimGroupRolesChanged(groups=len(chosen)))
        return after


def _state(shown: Sequence[ScimGroupRole]) -> MappingState:
    standing = [(one.group_id, one.role) for one in shown if one.role is not None]
    return MappingState(groups=[group_id for group_id, _ in standing], roles=[role for _, role in standing])
