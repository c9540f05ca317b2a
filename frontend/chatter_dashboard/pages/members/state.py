"""What the members page knows and does."""

from typing import cast, get_args

from chatter.tenancy.schemas import Member, Offboarding, Role
from chatter_dashboard.components.table import Option
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["ROLE_HINTS", "MembersState", "as_role", "role_options"]

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
        self._api = visitor.api.identity
        self._standing = visitor.api.tenancy
        self._may_offboard = visitor.may("tenancy:member:delete")
        self.members: list[Member] = []
        self.offboardings: list[Offboarding] = []

    @property
    def offboarding(self) -> bool:
        """Whether some offboarding is under way."""
        return any(order.state in ("waiting", "running") for order in self.offboardings)

    async def load(self) -> None:
        """Fetch the list, and the offboardings for those who may order some."""
        self.members = await self._api.members()
        self.offboardings = await self._standing.offboardings() if self._may_offboard else []

    def leaver(self, user_id: str) -> tuple[Member, list[Member]]:
        """The member, and who could take over from them."""
        leaving = self._find(user_id)
        heirs = [one for one in self.members if one.user_id != leaving.user_id and one.suspended_at is None]
        return leaving, heirs

    async def change_role(self, user_id: str, role: str) -> str:
        """Give a member another role; answers the member's name."""
        member = self._find(user_id)
        changed = await self._api.change_role(member.user_id, role=as_role(role))
        self._replace(changed)
        return changed.name

    async def act(self, action: str, user_id: str) -> str:
        """Suspend, reactivate or remove a member; answers what to say."""
        member = self._find(user_id)
        if action == "suspend":
            self._replace(await self._standing.suspend_member(member.user_id))
            return f"{member.name} is suspended."
        if action == "reactivate":
            self._replace(await self._standing.reactivate_member(member.user_id))
            return f"{member.name} is in again."
        await self._api.remove_member(member.user_id)
        self.members = [other for other in self.members if other.user_id != member.user_id]
        return f"{member.name} was removed."

    def _replace(self, changed: Member) -> None:
        self.members = [changed if other.user_id == changed.user_id else other for other in self.members]

    def _find(self, user_id: str) -> Member:
        return next(member for member in self.members if str(member.user_id) == user_id)


def as_role(value: str) -> Role:
    """The role of that name."""
    return cast(Role, next(role for role in get_args(Role) if role == value))


def role_options() -> list[Option]:
    """Every role, as a choice."""
    return [Option(value=role, label=role.capitalize()) for role in get_args(Role)]
