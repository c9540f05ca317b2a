"""The connection of a directory."""

from datetime import datetime
from uuid import UUID

from chatter.scim.schemas import (
    ScimGroupRole,
    ScimGroupRoleChoice,
    ScimGroupRoleList,
    ScimGroupRoles,
    ScimRequest,
    ScimRequestList,
    ScimSetup,
    ScimToken,
    ScimTokenCreate,
    ScimTokenCreated,
    ScimTokenList,
)
from chatter_dashboard.api.calls import Calls

__all__ = ["ScimApi"]


class ScimApi:
    """`/scim`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def setup(self) -> ScimSetup:
        """What is typed into the directory, and how far it has come."""
        return await self._calls.get("/scim", ScimSetup)

    async def tokens(self) -> list[ScimToken]:
        """Every token, the newest first."""
        return (await self._calls.get("/scim/tokens", ScimTokenList)).items

    async def create_token(self, *, name: str, default_role: str, expires_at: datetime | None) -> ScimTokenCreated:
        """Make a token; its secret is in this answer and in no other."""
        body = ScimTokenCreate(name=name, default_role=default_role, expires_at=expires_at)
        return await self._calls.send("POST", "/scim/tokens", ScimTokenCreated, body=body)

    async def revoke_token(self, token_id: UUID) -> None:
        """Take a token back; it opens nothing from now on."""
        await self._calls.act("DELETE", f"/scim/tokens/{token_id}")

    async def group_roles(self) -> list[ScimGroupRole]:
        """The directory's groups, and the roles that they stand for."""
        return (await self._calls.get("/scim/group-roles", ScimGroupRoleList)).items

    async def change_group_roles(self, chosen: list[ScimGroupRoleChoice]) -> list[ScimGroupRole]:
        """Let these groups stand for roles, in this order."""
        body = ScimGroupRoles(items=chosen)
        return (await self._calls.send("PUT", "/scim/group-roles", ScimGroupRoleList, body=body)).items

    async def requests(self) -> list[ScimRequest]:
        """What directories asked for last."""
        return (await self._calls.get("/scim/requests", ScimRequestList)).items
