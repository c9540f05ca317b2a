"""What the members page knows and does."""

from chatter.rbac.schemas import Role
from chatter.tenancy.schemas import Member
from chatter_dashboard.components.table import Option
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["ROLE_HINTS", "MembersState"]

ROLE_HINTS = {
    "owner": "everything, including ownership",
    "admin": "everything but ownership",
    "editor": "documents and chat",
    "member": "chat",
    "viewer": "reads only",
    "billing": "usage and billing",
    "auditor": "reads, with the audit log",
}


class MembersState:
    """The list of members and the changes to it."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._api = visitor.api.identity
        self.members: list[Member] = []
        self.roles: list[Role] = []

    async def load(self) -> None:
        """Fetch the list."""
        self.members = await self._api.members()

    async def load_roles(self) -> None:
        """Fetch the roles that this person can give: those that hold no more than their own."""
        if self._visitor.may("rbac:role:read"):
            held = set(self._visitor.me.permissions)
            self.roles = [role for role in await self._visitor.api.access.roles() if held.issuperset(role.permissions)]

    async def change_role(self, user_id: str, role: str) -> Member:
        """Give a member another role."""
        changed = await self._api.change_role(self._find(user_id).user_id, role=role)
        self.members = [changed if other.user_id == changed.user_id else other for other in self.members]
        return changed

    async def remove(self, user_id: str) -> str:
        """Take a member out; answers the member's name."""
        member = self._find(user_id)
        await self._api.remove_member(member.user_id)
        self.members = [other for other in self.members if other.user_id != member.user_id]
        return member.name

    def role_options(self) -> list[Option]:
        """The roles that can be given, as a choice."""
        return [Option(value=role.key, label=role.name) for role in self.roles]

    def _find(self, user_id: str) -> Member:
        return next(member for member in self.members if str(member.user_id) == user_id)
