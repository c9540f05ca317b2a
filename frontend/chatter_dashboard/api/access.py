"""Roles, grants, and why somebody may do something."""

from uuid import UUID

from chatter.rbac.schemas import (
    Explanation,
    Grant,
    GrantCreate,
    GrantList,
    GrantUpdate,
    Permission,
    PermissionList,
    Policy,
    Role,
    RoleCreate,
    RoleList,
    RoleUpdate,
    SharedList,
    SharedThing,
    Subjects,
)
from chatter_dashboard.api.calls import Calls

__all__ = ["AccessApi"]


class AccessApi:
    """`/roles`, `/permissions`, `/grants`, `/access`"""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def roles(self) -> list[Role]:
        """The built-in roles, then the organisation's own."""
        return (await self._calls.get("/roles", RoleList)).items

    async def permissions(self) -> list[Permission]:
        """Everything that a role may allow."""
        return (await self._calls.get("/permissions", PermissionList)).items

    async def create_role(self, data: RoleCreate) -> Role:
        """Make a role of permissions that one holds."""
        return await self._calls.send("POST", "/roles", Role, body=data)

    async def update_role(self, role_id: UUID, change: RoleUpdate) -> Role:
        """Change a role; it holds for its members at once."""
        return await self._calls.send("PATCH", f"/roles/{role_id}", Role, body=change)

    async def delete_role(self, role_id: UUID) -> None:
        """Remove a role that nobody has."""
        await self._calls.act("DELETE", f"/roles/{role_id}")

    async def subjects(self) -> Subjects:
        """Whom one can share with."""
        return await self._calls.get("/access/subjects", Subjects)

    async def grants(self, kind: str, resource_id: UUID) -> GrantList:
        """Who has access to a thing that one manages."""
        query: dict[str, str | int | None] = {"resource_kind": kind, "resource_id": str(resource_id)}
        return await self._calls.get("/grants", GrantList, query=query)

    async def grant(self, data: GrantCreate) -> Grant:
        """Share a thing."""
        return await self._calls.send("POST", "/grants", Grant, body=data)

    async def change_grant(self, grant_id: UUID, change: GrantUpdate) -> Grant:
        """Change a grant's level or end."""
        return await self._calls.send("PATCH", f"/grants/{grant_id}", Grant, body=change)

    async def revoke(self, grant_id: UUID) -> None:
        """Take access back."""
        await self._calls.act("DELETE", f"/grants/{grant_id}")

    async def shared(self) -> list[SharedThing]:
        """What others have shared with oneself."""
        return (await self._calls.get("/access/shared", SharedList)).items

    async def policy(self) -> Policy:
        """What administrators may see."""
        return await self._calls.get("/access/policy", Policy)

    async def set_policy(self, policy: Policy) -> Policy:
        """Decide what administrators may see."""
        return await self._calls.send("PUT", "/access/policy", Policy, body=policy)

    async def explain(
        self, user_id: UUID, *, permission: str = "", kind: str = "", resource_id: str = "", level: str = "view"
    ) -> Explanation:
        """Why somebody can, or can't, do something."""
        query: dict[str, str | int | None] = {
            "user_id": str(user_id),
            "permission": permission,
            "level": level,
            "resource_kind": kind,
            "resource_id": resource_id,
        }
        return await self._calls.get("/access/explain", Explanation, query=query)
