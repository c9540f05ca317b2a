"""Teams as a directory keeps them: many members in and out at once, each with its row in the log."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.events import emit
from chatter.kit.principal import Principal
from chatter.tenancy.events import TeamChanged
from chatter.tenancy.models import Membership, TeamMember
from chatter.tenancy.permissions import TenancyAction
from chatter.tenancy.schemas import TeamChange
from chatter.tenancy.teams import TeamMembership, Teams

__all__ = ["ProvisionedTeams"]


class ProvisionedTeams:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession, principal: Principal) -> None:
        self._session = session
        self._principal = principal
        self._teams = Teams(session)

    async def create(self, name: str) -> UUID:
        """Make an empty team; raises TeamNameTaken."""
        return (await self._teams.create(self._principal, TeamChange(name=name))).id

    async def rename(self, team_id: UUID, name: str) -> None:
        """Raise TeamNameTaken when another team has the name."""
        await self._teams.rename(self._principal, team_id, TeamChange(name=name))

    async def delete(self, team_id: UUID) -> None:
        """Delete the team; its members stay in the organisation."""
        await self._teams.delete(self._principal, team_id)

    async def add(self, team_id: UUID, person_ids: Collection[UUID]) -> None:
        """Put in those who are members of the organisation and not in the team yet."""
        inside = select(TeamMember.user_id).where(TeamMember.team_id == team_id)
        absent = Membership.person_id.in_(person_ids), Membership.user_id.not_in(inside)
        for user_id in (await self._session.scalars(select(Membership.user_id).where(*absent))).all():
            self._session.add(TeamMember(tenant_id=self._principal.tenant_id, team_id=team_id, user_id=user_id))
            await self._note(TenancyAction.TEAM_MEMBER_ADDED, team_id, after=TeamMembership(user_id=user_id))
        await self._session.flush()

    async def remove(self, team_id: UUID, person_ids: Collection[UUID]) -> None:
        """Take out those who are in it."""
        out = TeamMember.team_id == team_id, TeamMember.user_id.in_(person_ids)
        gone = await self._session.scalars(delete(TeamMember).where(*out).returning(TeamMember.user_id))
        for user_id in gone.all():
            await self._note(TenancyAction.TEAM_MEMBER_REMOVED, team_id, before=TeamMembership(user_id=user_id))

    async def _note(
        self,
        action: TenancyAction,
        team_id: UUID,
        *,
        before: TeamMembership | None = None,
        after: TeamMembership | None = None,
    ) -> None:
        await record(self._session, self._principal, action, target=team_id, before=before, after=after)
        emit(self._session, TeamChanged(team_id=team_id))
