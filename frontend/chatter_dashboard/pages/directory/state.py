"""What the page of the directory knows and does."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from chatter.rbac.schemas import Role
from chatter.scim.schemas import ScimGroupRole, ScimGroupRoleChoice, ScimRequest, ScimSetup, ScimToken
from chatter_dashboard.components.form import Values
from chatter_dashboard.pages.service_accounts.state import assignable_roles
from chatter_dashboard.shell.visitor import Visitor

__all__ = ["DirectoryState"]


class DirectoryState:
    """The address, the tokens, and the last requests."""

    setup: ScimSetup

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._api = visitor.api.scim
        self.tokens: list[ScimToken] = []
        self.requests: list[ScimRequest] = []
        self.groups: list[ScimGroupRole] = []
        self.roles: list[Role] = []

    async def load(self) -> None:
        self.setup = await self._api.setup()
        self.tokens = await self._api.tokens()
        self.requests = await self._api.requests()
        self.groups = await self._api.group_roles()
        self.roles = await assignable_roles(self._visitor)

    async def create_token(self, values: Values) -> str:
        """Make a token; answers the secret."""
        days = int(values["lifetime"])
        until = datetime.now(UTC) + timedelta(days=days) if days else None
        made = await self._api.create_token(name=values["name"].strip(), default_role=values["role"], expires_at=until)
        self.tokens = [made.token, *self.tokens]
        return made.secret

    async def give_group(self, group_id: UUID, role: str | None) -> None:
        """Let a group stand for a role, after those that do already, or for none."""
        rest = [one for one in self._standing() if one.group_id != group_id]
        at = next((at for at, one in enumerate(self._standing()) if one.group_id == group_id), len(rest))
        given = [ScimGroupRoleChoice(group_id=group_id, role=role)] if role is not None else []
        self.groups = await self._api.change_group_roles([*rest[:at], *given, *rest[at:]])

    async def put_first(self, group_id: UUID) -> None:
        """Let a group decide before all others."""
        standing = self._standing()
        self.groups = await self._api.change_group_roles(sorted(standing, key=lambda one: one.group_id != group_id))

    def _standing(self) -> list[ScimGroupRoleChoice]:
        return [ScimGroupRoleChoice(group_id=one.group_id, role=one.role) for one in self.groups if one.role]

    async def revoke(self, token_id: str) -> str:
        """Take a token back; answers its name."""
        token = next(token for token in self.tokens if str(token.id) == token_id)
        await self._api.revoke_token(token.id)
        self.tokens = await self._api.tokens()
        return token.name
