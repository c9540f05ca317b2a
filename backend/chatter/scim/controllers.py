"""Routes by which people connect a directory. Tokens are for people to make: a key can not make more of itself."""

from uuid import UUID

from litestar import Controller, delete, get, post, put

from chatter.kit.routes import route
from chatter.scim.group_roles import GroupRoles
from chatter.scim.permissions import ScimAction, ScimPermission
from chatter.scim.schemas import (
    ScimGroupRoleList,
    ScimGroupRoles,
    ScimRequestList,
    ScimSetup,
    ScimTokenCreate,
    ScimTokenCreated,
    ScimTokenList,
)
from chatter.scim.tokens import ScimTokens

__all__ = ["ScimController"]

_READ = route(permission=ScimPermission.TOKEN_READ)


class ScimController(Controller):
    """`/scim`"""

    path = "/scim"
    tags = ("SCIM",)

    @get(operation_id="GetScimSetup", summary="What a directory needs to know, and how far it has come", opt=_READ)
    async def show(self, scim_tokens: ScimTokens) -> ScimSetup:
        return await scim_tokens.setup()

    @get("/requests", operation_id="ListScimRequests", summary="The last requests of directories", opt=_READ)
    async def requests(self, scim_tokens: ScimTokens) -> ScimRequestList:
        return ScimRequestList(items=await scim_tokens.requests())

    @get("/tokens", operation_id="ListScimTokens", summary="The organisation's SCIM tokens", opt=_READ)
    async def index(self, scim_tokens: ScimTokens) -> ScimTokenList:
        return ScimTokenList(items=await scim_tokens.all())

    @post(
        "/tokens",
        operation_id="CreateScimToken",
        summary="Make a SCIM token; it is shown this once",
        opt=route(
            permission=ScimPermission.TOKEN_CREATE, audit=ScimAction.TOKEN_CREATED, people_only=True, recent=True
        ),
    )
    async def create(self, scim_tokens: ScimTokens, data: ScimTokenCreate) -> ScimTokenCreated:
        return await scim_tokens.create(data)

    @get(
        "/group-roles",
        operation_id="ListScimGroupRoles",
        summary="The directory's groups, and the roles that they stand for",
        opt=_READ,
    )
    async def group_roles(self, scim_group_roles: GroupRoles) -> ScimGroupRoleList:
        return ScimGroupRoleList(items=await scim_group_roles.all())

    @put(
        "/group-roles",
        operation_id="ChangeScimGroupRoles",
        summary="Let groups of the directory stand for roles",
        opt=route(
            permission=ScimPermission.GROUP_ROLE_UPDATE,
            audit=ScimAction.GROUP_ROLES_CHANGED,
            people_only=True,
            recent=True,
        ),
    )
    async def change_group_roles(self, scim_group_roles: GroupRoles, data: ScimGroupRoles) -> ScimGroupRoleList:
        return ScimGroupRoleList(items=await scim_group_roles.change(data.items))

    @delete(
        "/tokens/{token_id:uuid}",
        operation_id="RevokeScimToken",
        summary="Revoke a SCIM token; it opens nothing from now on",
        opt=route(permission=ScimPermission.TOKEN_DELETE, audit=ScimAction.TOKEN_REVOKED),
    )
    async def revoke(self, scim_tokens: ScimTokens, token_id: UUID) -> None:
        await scim_tokens.revoke(token_id)
