"""Memberships that an identity provider decides on: who comes in, in which role, in which teams. Never an owner's."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.events import emit
from chatter.kit.principal import Principal
from chatter.tenancy.events import MemberRoleChanged, TeamChanged
from chatter.tenancy.models import FormerMember, MailDomain, Membership, Organization, TeamMember
from chatter.tenancy.permissions import TenancyAction
from chatter.tenancy.schemas import Role, RoleChange
from chatter.tenancy.teams import TeamMembership

__all__ = ["Place", "Provisioning"]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where somebody stands in the organisation."""

    standing: Literal["member", "suspended", "former", "stranger"]
    role: Role = ""


class Provisioning:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._tenant_id: UUID = session.info["tenant_id"]

    async def open_organization(self) -> str | None:
        """The organisation's name; None unless it is active."""
        row = await self._session.get(Organization, self._tenant_id)
        return row.name if row is not None and row.state == "active" else None

    async def verified_domains(self) -> dict[str, UUID]:
        """The mail domains that the organisation has verified, by name."""
        rows = await self._session.scalars(select(MailDomain).where(MailDomain.verified_at.is_not(None)))
        return {row.name: row.id for row in rows}

    async def place(self, user_id: UUID) -> Place:
        row = await self._session.get(Membership, (self._tenant_id, user_id), with_for_update=True)
        if row is not None:
            return Place(standing="suspended" if row.suspended_at else "member", role=row.role)
        former = await self._session.get(FormerMember, (self._tenant_id, user_id))
        return Place(standing="stranger" if former is None else "former")

    async def give_role(self, person: Principal, role: Role) -> None:
        """Give a member the role that their groups stand for; an owner stays one, and nobody becomes one."""
        row = await self._session.get_one(Membership, (self._tenant_id, person.user_id), with_for_update=True)
        if role == row.role or "owner" in (role, row.role):
            return
        before, row.role = RoleChange(role=row.role), role
        await self._session.flush()
        action, after = TenancyAction.MEMBER_ROLE_CHANGED, RoleChange(role=role)
        await record(self._session, person, action, target=person.user_id, before=before, after=after)
        emit(self._session, MemberRoleChanged(user_id=person.user_id, role=role))

    async def place_in_teams(self, person: Principal, *, wanted: Collection[UUID], governed: Collection[UUID]) -> None:
        """Put a member into the teams that are wanted, and out of the others of those that are governed."""
        own = select(TeamMember.team_id).where(TeamMember.user_id == person.user_id, TeamMember.team_id.in_(governed))
        present = set(await self._session.scalars(own))
        changes: Mapping[TenancyAction, set[UUID]] = {
            TenancyAction.TEAM_MEMBER_ADDED: set(wanted) - present,
            TenancyAction.TEAM_MEMBER_REMOVED: present - set(wanted),
        }
        for team_id in sorted(changes[TenancyAction.TEAM_MEMBER_ADDED]):
            self._session.add(TeamMember(tenant_id=self._tenant_id, team_id=team_id, user_id=person.user_id))
        gone = (
            TeamMember.user_id == person.user_id,
            TeamMember.team_id.in_(changes[TenancyAction.TEAM_MEMBER_REMOVED]),
        )
        await self._session.execute(delete(TeamMember).where(*gone))
        await self._session.flush()
        place = TeamMembership(user_id=person.user_id)
        for action, team_ids in changes.items():
            before, after = (None, place) if action is TenancyAction.TEAM_MEMBER_ADDED else (place, None)
            for team_id in sorted(team_ids):
                await record(self._session, person, action, target=team_id, before=before, after=after)
                emit(self._session, TeamChanged(team_id=team_id))
