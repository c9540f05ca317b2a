"""Routes of teams."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post, put
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.principal import Principal
from chatter.kit.routes import route
from chatter.tenancy.permissions import TenancyAction, TenancyPermission
from chatter.tenancy.schemas import Team, TeamChange, TeamDetail, TeamList
from chatter.tenancy.teams import Teams

__all__ = ["TeamController"]


class TeamController(Controller):
    """`/teams`"""

    path = "/teams"
    tags = ("Teams",)

    @get(operation_id="ListTeams", summary="Every team", opt=route(permission=TenancyPermission.TEAM_READ))
    async def index(self, session: AsyncSession) -> TeamList:
        return TeamList(items=await Teams(session).all())

    @post(
        operation_id="CreateTeam",
        summary="Make a team",
        opt=route(permission=TenancyPermission.TEAM_CREATE, audit=TenancyAction.TEAM_CREATED),
    )
    async def create(self, session: AsyncSession, principal: Principal, data: TeamChange) -> Team:
        return await Teams(session).create(principal, data)

    @get(
        "/{team_id:uuid}",
        operation_id="GetTeam",
        summary="One team with its members",
        opt=route(permission=TenancyPermission.TEAM_READ),
    )
    async def show(self, session: AsyncSession, team_id: UUID) -> TeamDetail:
        return await Teams(session).team(team_id)

    @patch(
        "/{team_id:uuid}",
        operation_id="RenameTeam",
        summary="Rename a team",
        opt=route(permission=TenancyPermission.TEAM_UPDATE, audit=TenancyAction.TEAM_UPDATED),
    )
    async def rename(self, session: AsyncSession, principal: Principal, team_id: UUID, data: TeamChange) -> TeamDetail:
        return await Teams(session).rename(principal, team_id, data)

    @delete(
        "/{team_id:uuid}",
        operation_id="DeleteTeam",
        summary="Delete a team; its members stay",
        opt=route(permission=TenancyPermission.TEAM_DELETE, audit=TenancyAction.TEAM_DELETED),
    )
    async def remove(self, session: AsyncSession, principal: Principal, team_id: UUID) -> None:
        await Teams(session).delete(principal, team_id)

    @put(
        "/{team_id:uuid}/members/{user_id:uuid}",
        operation_id="AddTeamMember",
        summary="Put a member into a team",
        opt=route(permission=TenancyPermission.TEAM_UPDATE, audit=TenancyAction.TEAM_MEMBER_ADDED),
    )
    async def add_member(self, session: AsyncSession, principal: Principal, team_id: UUID, user_id: UUID) -> TeamDetail:
        return await Teams(session).add(principal, team_id, user_id)

    @delete(
        "/{team_id:uuid}/members/{user_id:uuid}",
        operation_id="RemoveTeamMember",
        summary="Take a member out of a team",
        opt=route(permission=TenancyPermission.TEAM_UPDATE, audit=TenancyAction.TEAM_MEMBER_REMOVED),
    )
    async def remove_member(self, session: AsyncSession, principal: Principal, team_id: UUID, user_id: UUID) -> None:
        await Teams(session).remove(principal, team_id, user_id)
