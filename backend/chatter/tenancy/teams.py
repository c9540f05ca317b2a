"""Teams and their members: the rules."""

from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.principal import Principal
from chatter.kit.schema import Schema
from chatter.tenancy.errors import TeamNameTaken
from chatter.tenancy.events import TeamChanged, TeamCreated, TeamDeleted
from chatter.tenancy.models import Membership, TeamMember
from chatter.tenancy.models import Team as Row
from chatter.tenancy.permissions import TenancyAction
from chatter.tenancy.schemas import Team, TeamChange, TeamDetail
from chatter.tenancy.service import TenancyService

__all__ = ["Teams"]


class TeamMembership(Schema):
    """What the audit log keeps of somebody's place in a team."""

    user_id: UUID


class Teams:
    """Works in the unit of work that it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def all(self) -> list[Team]:
        count = (
            select(func.count())
            .where(TeamMember.tenant_id == Row.tenant_id, TeamMember.team_id == Row.id)
            .scalar_subquery()
        )
        rows = await self._session.execute(select(Row, count).order_by(func.lower(Row.name)))
        return [Team(id=row.id, name=row.name, member_count=size, created_at=row.created_at) for row, size in rows]

    async def team(self, team_id: UUID) -> TeamDetail:
        row = await self._row(team_id)
        inside = set(await self._session.scalars(select(TeamMember.user_id).where(TeamMember.team_id == team_id)))
        members = [member for member in await TenancyService(self._session).everybody() if member.user_id in inside]
        members.sort(key=lambda member: member.name.lower())
        return TeamDetail(id=row.id, name=row.name, created_at=row.created_at, members=members)

    async def create(self, principal: Principal, data: TeamChange) -> Team:
        """Make an empty team; raises TeamNameTaken."""
        row = Row(tenant_id=principal.tenant_id, id=new_id(), name=data.name.strip())
        self._session.add(row)
        await self._store_name()
        await self._session.refresh(row)
        await record(self._session, principal, TenancyAction.TEAM_CREATED, target=row.id, after=data)
        emit(self._session, TeamCreated(team_id=row.id))
        return Team(id=row.id, name=row.name, member_count=0, created_at=row.created_at)

    async def rename(self, principal: Principal, team_id: UUID, data: TeamChange) -> TeamDetail:
        """Raise TeamNameTaken when another team has the name."""
        row = await self._row(team_id)
        before = TeamChange(name=row.name)
        row.name = data.name.strip()
        await self._store_name()
        await record(self._session, principal, TenancyAction.TEAM_UPDATED, target=team_id, before=before, after=data)
        emit(self._session, TeamChanged(team_id=team_id))
        return await self.team(team_id)

    async def delete(self, principal: Principal, team_id: UUID) -> None:
        """Delete the team; its members stay in the organisation."""
        row = await self._row(team_id)
        await self._session.delete(row)
        before = TeamChange(name=row.name)
        await record(self._session, principal, TenancyAction.TEAM_DELETED, target=team_id, before=before)
        emit(self._session, TeamDeleted(team_id=team_id))

    async def add(self, principal: Principal, team_id: UUID, user_id: UUID) -> TeamDetail:
        """Put a member of the organisation into the team; nothing changes when they are in it."""
        await self._row(team_id)
        if await self._session.get(Membership, (principal.tenant_id, user_id)) is None:
            raise NotFound
        if await self._session.get(TeamMember, (principal.tenant_id, team_id, user_id)) is None:
            self._session.add(TeamMember(tenant_id=principal.tenant_id, team_id=team_id, user_id=user_id))
            await self._session.flush()
            after = TeamMembership(user_id=user_id)
            await record(self._session, principal, TenancyAction.TEAM_MEMBER_ADDED, target=team_id, after=after)
            emit(self._session, TeamChanged(team_id=team_id))
        return await self.team(team_id)

    async def remove(self, principal: Principal, team_id: UUID, user_id: UUID) -> None:
        """Take somebody out of the team; raises NotFound when they are not in it."""
        await self._row(team_id)
        own = (TeamMember.team_id == team_id, TeamMember.user_id == user_id)
        gone = await self._session.scalar(delete(TeamMember).where(*own).returning(TeamMember.user_id))
        if gone is None:
            raise NotFound
        before = TeamMembership(user_id=user_id)
        await record(self._session, principal, TenancyAction.TEAM_MEMBER_REMOVED, target=team_id, before=before)
        emit(self._session, TeamChanged(team_id=team_id))

    async def _row(self, team_id: UUID) -> Row:
        row = await self._session.scalar(select(Row).where(Row.id == team_id).with_for_update())
        if row is None:
            raise NotFound
        return row

    async def _store_name(self) -> None:
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise TeamNameTaken("There is a team of this name already.", remedy="Choose another name.") from error
