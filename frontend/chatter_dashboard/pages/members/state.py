"""What the members page knows and does."""

from uuid import UUID

from chatter.identity.factor_schemas import MemberFactors
from chatter.rbac.schemas import Role
from chatter.tenancy.schemas import Member, Offboarding
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
        self._standing = visitor.api.tenancy
        self._factors = visitor.api.factors
        self.may_see_factors = visitor.may("identity:second_factor:read")
        self.may_reset_factors = visitor.may("identity:second_factor:delete")
        self._may_offboard = visitor.may("tenancy:member:delete")
        self.members: list[Member] = []
        self.offboardings: list[Offboarding] = []
        self.roles: list[Role] = []
        self.factors: dict[UUID, MemberFactors] = {}

    @property
    def offboarding(self) -> bool:
        """Whether some offboarding is under way."""
        return any(order.state in ("waiting", "running") for order in self.offboardings)

    async def load(self) -> None:
        """Fetch the list, and the offboardings for those who may order some."""
        self.members = await self._api.members()
        if self.may_see_factors:
            self.factors = {found.user_id: found for found in await self._factors.of_members()}
        self.offboardings = await self._standing.offboardings() if self._may_offboard else []

    def leaver(self, user_id: str) -> tuple[Member, list[Member]]:
        """The member, and who could take over from them."""
        leaving = self._find(user_id)
        heirs = [one for one in self.members if one.user_id != leaving.user_id and one.suspended_at is None]
        return leaving, heirs

    async def load_roles(self) -> None:
        """Fetch the roles that this person can give: those that hold no more than their own."""
        if self._visitor.may("rbac:role:read"):
            held = set(self._visitor.me.permissions)
            self.roles = [role for role in await self._visitor.api.access.roles() if held.issuperset(role.permissions)]

    async def change_role(self, user_id: str, role: str) -> Member:
        """Give a member another role."""
        changed = await self._api.change_role(self._find(user_id).user_id, role=role)
        self._replace(changed)
        return changed

    async def act(self, action: str, user_id: str) -> str:
        """Suspend, reactivate, sign out or remove a member, or their second factors; answers what to say."""
        member = self._find(user_id)
        if action == "suspend":
            self._replace(await self._standing.suspend_member(member.user_id))
            return f"{member.name} is suspended."
        if action == "reactivate":
            self._replace(await self._standing.reactivate_member(member.user_id))
            return f"{member.name} is in again."
        if action == "sign-out":
            await self._api.sign_out_member(member.user_id)
            return f"{member.name} is signed out."
        if action == "reset":
            await self._factors.reset(member.user_id)
            self.factors.pop(member.user_id, None)
            return f"{member.name} has no second factor any more."
        await self._api.remove_member(member.user_id)
        self.members = [other for other in self.members if other.user_id != member.user_id]
        return f"{member.name} was removed."

    def _replace(self, changed: Member) -> None:
        self.members = [changed if other.user_id == changed.user_id else other for other in self.members]

    def role_options(self) -> list[Option]:
        """The roles that can be given, as a choice."""
        return [Option(value=role.key, label=role.name) for role in self.roles]

    def _find(self, user_id: str) -> Member:
        return next(member for member in self.members if str(member.user_id) == user_id)
