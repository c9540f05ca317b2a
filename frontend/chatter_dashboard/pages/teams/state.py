"""What a team's page knows and does."""

from uuid import UUID

from chatter.tenancy.schemas import Member, TeamDetail
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["TeamState"]


class TeamState:
    """The team, who could join it, and the changes to it."""

    team: TeamDetail

    def __init__(self, visitor: Visitor, team_id: UUID) -> None:
        self._api = visitor.api
        self._team_id = team_id
        self._everybody: list[Member] = []

    @property
    def outside(self) -> list[Member]:
        """The members of the organisation who are not in the team."""
        inside = {member.user_id for member in self.team.members}
        return [member for member in self._everybody if member.user_id not in inside]

    async def load(self) -> None:
        """Fetch the team and the organisation's members."""
        self.team = await self._api.tenancy.team(self._team_id)
        self._everybody = await self._api.identity.members()

    async def add(self, user_id: str) -> str:
        """Put a member in; answers their name."""
        self.team = await self._api.tenancy.add_to_team(self._team_id, UUID(user_id))
        return self._name(user_id)

    async def remove(self, user_id: str) -> str:
        """Take a member out; answers their name."""
        await self._api.tenancy.remove_from_team(self._team_id, UUID(user_id))
        await self.load()
        return self._name(user_id)

    async def rename(self, name: str) -> None:
        """Give the team another name."""
        self.team = await self._api.tenancy.rename_team(self._team_id, name)

    async def delete(self) -> None:
        """Delete the team."""
        await self._api.tenancy.delete_team(self._team_id)

    def _name(self, user_id: str) -> str:
        return next(member.name for member in self._everybody if str(member.user_id) == user_id)
