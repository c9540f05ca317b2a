"""Reads of roles and grants that join what other domains own, by names of tables and functions alone."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.rbac.schemas import Grant, Person, Service, Subjects, Team

__all__ = ["GrantRows", "members_by_role", "open_invitations", "role_names", "subjects"]

_GRANT = """
select g.id, g.resource_kind, g.resource_id, g.subject_kind, g.subject_id, g.level, g.expires_at, g.granted_by,
    g.created_at, coalesce(case g.subject_kind when 'user' then p.name when 'team' then t.name else 'Everyone' end, '')
    as subject_name, coalesce(p.kind, '') = 'service' as subject_is_service, coalesce(b.name, '') as granted_by_name
from resource_grant g
left join members_of_bound_tenant() p on p.user_id = g.user_id
left join members_of_bound_tenant() b on b.user_id = g.granted_by
left join team t on t.tenant_id = g.tenant_id and t.id = g.team_id
where g.tenant_id = :tenant
"""
_ON_RESOURCE = text(_GRANT + " and g.resource_kind = :kind and g.resource_id = :resource order by g.created_at, g.id")
_ONE = text(_GRANT + " and g.id = :id")
_OF_PERSON = """
 and (g.expires_at is null or g.expires_at > now()) and (g.subject_kind = 'everyone' or g.user_id = :user
    or g.team_id in (select m.team_id from team_member m where m.tenant_id = :tenant and m.user_id = :user))
"""
_SHARED = text(_GRANT + _OF_PERSON + " order by g.created_at desc, g.id desc limit 200")
_THROUGH = text(
    _GRANT + _OF_PERSON + " and g.resource_kind = :kind and g.resource_id = :resource order by g.created_at"
)
_MEMBERS_BY_ROLE = text("select role, count(*) from membership where tenant_id = :tenant group by role")
_OFFERED = text("select count(*) from invitation where tenant_id = :tenant and role_id = :role")
_ROLE_NAMES = text("select id, name from role where tenant_id = :tenant")
_MEMBERS = text("select user_id as id, name, email, kind from members_of_bound_tenant() order by lower(name), user_id")
_TEAMS = text("select id, name from team where tenant_id = :tenant order by lower(name)")


class GrantRows:
    """Grants of one organisation, with the names of whom they concern."""

    def __init__(self, session: AsyncSession, *, tenant_id: UUID) -> None:
        self._session = session
        self._tenant = {"tenant": tenant_id}

    async def on(self, kind: str, resource_id: UUID) -> list[Grant]:
        """All grants on a thing, those that are over too."""
        return await self._grants(_ON_RESOURCE, {"kind": kind, "resource": resource_id})

    async def one(self, grant_id: UUID) -> Grant | None:
        found = await self._grants(_ONE, {"id": grant_id})
        return found[0] if found else None

    async def shared_with(self, user_id: UUID) -> list[Grant]:
        """What reaches a person, the newest first."""
        return await self._grants(_SHARED, {"user": user_id})

    async def through_which(self, user_id: UUID, kind: str, resource_id: UUID) -> list[Grant]:
        """The grants by which a person reaches a thing."""
        return await self._grants(_THROUGH, {"user": user_id, "kind": kind, "resource": resource_id})

    async def _grants(self, statement: Any, values: Mapping[str, object]) -> list[Grant]:
        rows = await self._session.execute(statement, {**self._tenant, **values})
        return [_grant(row) for row in rows.mappings()]


async def subjects(session: AsyncSession, *, tenant_id: UUID) -> Subjects:
    """Whom one can share with: people, service accounts and teams, by name."""
    members = (await session.execute(_MEMBERS)).all()
    teams = await session.execute(_TEAMS, {"tenant": tenant_id})
    return Subjects(
        people=[Person(id=row.id, name=row.name, email=row.email) for row in members if row.kind == "person"],
        service_accounts=[Service(id=row.id, name=row.name) for row in members if row.kind == "service"],
        teams=[Team(id=row.id, name=row.name) for row in teams],
    )


async def members_by_role(session: AsyncSession, *, tenant_id: UUID) -> dict[str, int]:
    """How many members have each role, by the word that memberships name it with."""
    rows = await session.execute(_MEMBERS_BY_ROLE, {"tenant": tenant_id})
    return {row[0]: row[1] for row in rows}


async def open_invitations(session: AsyncSession, *, tenant_id: UUID, role_id: UUID) -> int:
    """How many invitations that could still be accepted offer a role."""
    found: int = (await session.execute(_OFFERED, {"tenant": tenant_id, "role": role_id})).scalar_one()
    return found


async def role_names(session: AsyncSession, *, tenant_id: UUID) -> dict[str, str]:
    """The names of the organisation's own roles, by the word that memberships name them with."""
    rows = await session.execute(_ROLE_NAMES, {"tenant": tenant_id})
    return {f"custom:{row[0]}": row[1] for row in rows}


def _grant(row: RowMapping) -> Grant:
    return Grant(**row)
