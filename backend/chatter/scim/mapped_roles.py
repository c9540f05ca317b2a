"""Roles that groups of a directory stand for: whoever is in the first of them that holds them has its role."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.principal import Principal
from chatter.rbac.facade import Authorizer
from chatter.scim.models import ScimGroupRole
from chatter.tenancy.facade import ProvisionedMemberships

__all__ = ["MappedRoles"]

_MAPPED = text("""
select distinct on (u.person_id) u.person_id, r.role
from scim_group_role r
join scim_group_member g on g.tenant_id = r.tenant_id and g.scim_group_id = r.scim_group_id
join scim_user u on u.tenant_id = g.tenant_id and u.id = g.scim_user_id
where r.tenant_id = :tenant and u.person_id is not null
    and (cast(:persons as uuid[]) is null or u.person_id = any(:persons))
order by u.person_id, r.position
""")


class MappedRoles:
    """Works in the unit of work that it is given, for a directory, or for who maps its groups."""

    def __init__(self, session: AsyncSession, principal: Principal, authorizer: Authorizer) -> None:
        self._session = session
        self._tenant_id = principal.tenant_id
        self._memberships = ProvisionedMemberships(session, principal, authorizer)

    async def given_by(self, group_id: UUID) -> str | None:
        """The role that a group stands for, if any."""
        row = await self._session.get(ScimGroupRole, (self._tenant_id, group_id))
        return row.role if row is not None else None

    async def of(self, person_id: UUID) -> str | None:
        """The role that somebody's groups stand for; None when none of them stands for one."""
        return (await self._of([person_id])).get(person_id)

    async def follow(self, persons: Collection[UUID], *, given: str, default: str) -> None:
        """Give each who joined or left a group what their groups stand for now; the default when none does.

        `given` is what the group stands for, or did until now.
        """
        roles = await self._of(persons)
        for person_id in sorted(persons):
            await self._give(person_id, role=roles.get(person_id, default), instead_of=given)

    async def follow_all(self) -> None:
        """Give everybody in a group that stands for a role theirs; whom no such group holds keeps what they have."""
        for person_id, role in (await self._of(None)).items():
            await self._give(person_id, role=role)

    async def _give(self, person_id: UUID, *, role: str, instead_of: str | None = None) -> None:
        member = await self._memberships.of(person_id)
        if member is not None:
            await self._memberships.follow_group(member, role=role, instead_of=instead_of)

    async def _of(self, persons: Collection[UUID] | None) -> dict[UUID, str]:
        values = {"tenant": self._tenant_id, "persons": None if persons is None else [*persons]}
        return {row.person_id: row.role for row in await self._session.execute(_MAPPED, values)}
