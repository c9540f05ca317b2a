"""Routes of keys: one's own, and those of the whole organisation."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.params import QueryParameter

from chatter.identity.api_keys import ApiKeys
from chatter.identity.permissions import IdentityAction, IdentityPermission
from chatter.identity.schemas import ApiKey, ApiKeyCreate, ApiKeyCreated, ApiKeyList
from chatter.kit.routes import route
from chatter.kit.schema import Page

__all__ = ["KeyController", "OwnKeyController"]

Limit = Annotated[int, QueryParameter(ge=1, le=100, description="How many at most.")]
CursorText = Annotated[str | None, QueryParameter(max_length=200, description="`next_cursor` of the page before.")]


class OwnKeyController(Controller):
    """`/me/keys`. For people alone: whoever finds a key can't make another with it."""

    path = "/me/keys"
    tags = ("Keys",)

    @get(operation_id="ListOwnKeys", summary="My keys", opt=route(signed_in=True, people_only=True))
    async def index(self, api_keys: ApiKeys) -> ApiKeyList:
        return ApiKeyList(items=await api_keys.own())

    @post(
        operation_id="CreateOwnKey",
        summary="Make a key for myself; it is shown this once",
        opt=route(
            permission=IdentityPermission.OWN_KEY_CREATE,
            audit=IdentityAction.API_KEY_CREATED,
            people_only=True,
            recent=True,
        ),
    )
    async def create(self, api_keys: ApiKeys, data: ApiKeyCreate) -> ApiKeyCreated:
        return await api_keys.create_own(data)

    @delete(
        "/{key_id:uuid}",
        operation_id="RevokeOwnKey",
        summary="Revoke a key of mine; it opens nothing from now on",
        opt=route(signed_in=True, audit=IdentityAction.API_KEY_REVOKED, people_only=True),
    )
    async def revoke(self, api_keys: ApiKeys, key_id: UUID) -> None:
        await api_keys.revoke_own(key_id)


class KeyController(Controller):
    """`/keys`"""

    path = "/keys"
    tags = ("Keys",)

    @get(
        operation_id="ListKeys",
        summary="The keys of everybody in the organisation",
        opt=route(permission=IdentityPermission.API_KEY_READ),
    )
    async def index(self, api_keys: ApiKeys, *, cursor: CursorText = None, limit: Limit = 50) -> Page[ApiKey]:
        return await api_keys.all(cursor=cursor, limit=limit)

    @delete(
        "/{key_id:uuid}",
        operation_id="RevokeKey",
        summary="Revoke a key, whoever holds it",
        opt=route(permission=IdentityPermission.API_KEY_DELETE, audit=IdentityAction.API_KEY_REVOKED),
    )
    async def revoke(self, api_keys: ApiKeys, key_id: UUID) -> None:
        await api_keys.revoke_any(key_id)
