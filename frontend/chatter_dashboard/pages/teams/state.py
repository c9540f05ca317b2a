"""What a team's page knows and does."""

from uuid import UUID

from chatter.tenancy.schemas import TeamDetail
from chatter_dashboard.components.table import Option
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["TeamState"]


class TeamState:
    """The team, who could join it, and the changes to it."""

    team: TeamDetail

    def __init__(self, visitor: Visitor, team_id: UUID) -> None:
        self._visitor = visitor
        self._api = visitor.api
        self._team_id = team_id
        self._everybody: dict[UUID, Option] = {}
        self._names: dict[str, str] = {}

    @property
    def outside(self) -> list[Option]:
        """The people and the service accounts of the organisation that are not in the team."""
        inside = {member.user_id for member in self.team.members}
        return [option for user_id, option in self._everybody.items() if user_id not in inside]

    async def load(self) -> None:
        """Fetch the team, and who could be in it."""
        self.team = await self._api.tenancy.team(self._team_id)
        for member in await self._api.identity.members():
            self._know(member.user_id, member.name, label=f"{member.name}, {member.email}")
        if self._visitor.may("identity:service_account:read"):
            for account in await self._api.service_accounts.all():
                self._know(account.id, account.name, label=f"{account.name}, service account")

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
        return self._names[user_id]

    def _know(self, user_id: UUID, name: str, *, label: str) -> None:
        self._everybody[user_id] = Option(value=str(user_id), label=label)
        self._names[str(user_id)] = name
