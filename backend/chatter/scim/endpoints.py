"""The SCIM routes (RFC 7644 §3): outside of /api/v1, because the standard and the directories say where they stand."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post, put
from litestar.datastructures import State
from scim2_models import (
    Context,
    ForbiddenException,
    InvalidSyntaxException,
    NotImplementedException,
    ResponseParameters,
)

from chatter.kit.principal import Principal
from chatter.kit.routes import route
from chatter.scim import describing
from chatter.scim.bulk import Bulk
from chatter.scim.directory import Directory, Target
from chatter.scim.entries import Kept
from chatter.scim.permissions import ScimAction
from chatter.scim.resources import POLICY, DirectoryUser, Group
from chatter.scim.wording import scim_json

__all__ = ["DescriptionEndpoints", "EverythingEndpoints", "GroupEndpoints", "UserEndpoints"]

ScimRequest = Request[Principal, None, State]
Json = dict[str, Any]
_READ = route(provisioning=True)


class UserEndpoints(Controller):
    """`/Users`"""

    path = "/Users"

    @get(operation_id="ScimListUsers", summary="Find users", opt=_READ)
    async def index(self, request: ScimRequest, directory: Directory) -> Response[bytes]:
        async with directory.listing() as listing:
            return scim_json(await listing.users(_asked(request)))

    @post("/.search", operation_id="ScimSearchUsers", summary="Find users", status_code=200, opt=_READ)
    async def search(self, request: ScimRequest, directory: Directory) -> Response[bytes]:
        asked = await _body(request)
        async with directory.listing() as listing:
            return scim_json(await listing.users(asked))

    @post(
        operation_id="ScimCreateUser",
        summary="Bring a user",
        opt=route(provisioning=True, audit=ScimAction.USER_CREATED),
    )
    async def create(self, request: ScimRequest, directory: Directory) -> Response[bytes]:
        return _answer(request, await directory.create(Target("Users", None), await _body(request)), made=True)

    @get("/{entry_id:uuid}", operation_id="ScimGetUser", summary="One user", opt=_READ)
    async def show(self, request: ScimRequest, directory: Directory, entry_id: UUID) -> Response[bytes]:
        return _shown(request, await directory.show(Target("Users", entry_id)))

    @put(
        "/{entry_id:uuid}",
        operation_id="ScimReplaceUser",
        summary="Replace a user",
        opt=route(provisioning=True, audit=ScimAction.USER_UPDATED),
    )
    async def replace(self, request: ScimRequest, directory: Directory, entry_id: UUID) -> Response[bytes]:
        target, payload = Target("Users", entry_id), await _body(request)
        return _answer(request, await directory.replace(target, payload, if_match=_if_match(request)))

    @patch(
        "/{entry_id:uuid}",
        operation_id="ScimPatchUser",
        summary="Change a user",
        opt=route(provisioning=True, audit=ScimAction.USER_UPDATED),
    )
    async def change(self, request: ScimRequest, directory: Directory, entry_id: UUID) -> Response[bytes]:
        target, payload = Target("Users", entry_id), await _body(request)
        return _answer(request, await directory.patch(target, payload, if_match=_if_match(request)))

    @delete(
        "/{entry_id:uuid}",
        operation_id="ScimDeleteUser",
        summary="Take a user away",
        opt=route(provisioning=True, audit=ScimAction.USER_DELETED),
    )
    async def remove(self, request: ScimRequest, directory: Directory, entry_id: UUID) -> None:
        await directory.delete(Target("Users", entry_id), if_match=_if_match(request))


class GroupEndpoints(Controller):
    """`/Groups`"""

    path = "/Groups"

    @get(operation_id="ScimListGroups", summary="Find groups", opt=_READ)
    async def index(self, request: ScimRequest, directory: Directory) -> Response[bytes]:
        async with directory.listing() as listing:
            return scim_json(await listing.groups(_asked(request)))

    @post("/.search", operation_id="ScimSearchGroups", summary="Find groups", status_code=200, opt=_READ)
    async def search(self, request: ScimRequest, directory: Directory) -> Response[bytes]:
        asked = await _body(request)
        async with directory.listing() as listing:
            return scim_json(await listing.groups(asked))

    @post(
        operation_id="ScimCreateGroup",
        summary="Bring a group",
        opt=route(provisioning=True, audit=ScimAction.GROUP_CREATED),
    )
    async def create(self, request: ScimRequest, directory: Directory) -> Response[bytes]:
        return _answer(request, await directory.create(Target("Groups", None), await _body(request)), made=True)

    @get("/{group_id:uuid}", operation_id="ScimGetGroup", summary="One group", opt=_READ)
    async def show(self, request: ScimRequest, directory: Directory, group_id: UUID) -> Response[bytes]:
        return _shown(request, await directory.show(Target("Groups", group_id)))

    @put(
        "/{group_id:uuid}",
        operation_id="ScimReplaceGroup",
        summary="Replace a group",
        opt=route(provisioning=True, audit=ScimAction.GROUP_UPDATED),
    )
    async def replace(self, request: ScimRequest, directory: Directory, group_id: UUID) -> Response[bytes]:
        target, payload = Target("Groups", group_id), await _body(request)
        return _answer(request, await directory.replace(target, payload, if_match=_if_match(request)))

    @patch(
        "/{group_id:uuid}",
        operation_id="ScimPatchGroup",
        summary="Change a group",
        opt=route(provisioning=True, audit=ScimAction.GROUP_UPDATED),
    )
    async def change(self, request: ScimRequest, directory: Directory, group_id: UUID) -> Response[bytes]:
        target, payload = Target("Groups", group_id), await _body(request)
        return _answer(request, await directory.patch(target, payload, if_match=_if_match(request)))

    @delete(
        "/{group_id:uuid}",
        operation_id="ScimDeleteGroup",
        summary="Take a group away",
        opt=route(provisioning=True, audit=ScimAction.GROUP_DELETED),
    )
    async def remove(self, request: ScimRequest, directory: Directory, group_id: UUID) -> None:
        await directory.delete(Target("Groups", group_id), if_match=_if_match(request))


class EverythingEndpoints(Controller):
    """What concerns both kinds at once."""

    path = "/"

    @post("/.search", operation_id="ScimSearch", summary="Find users and groups", status_code=200, opt=_READ)
    async def search(self, request: ScimRequest, directory: Directory) -> Response[bytes]:
        asked = await _body(request)
        async with directory.listing() as listing:
            return scim_json(await listing.everything(asked))

    @post(
        "/Bulk",
        operation_id="ScimBulk",
        summary="Many operations at once",
        status_code=200,
        opt=route(provisioning=True, audit=ScimAction.USER_UPDATED),
    )
    async def bulk(self, request: ScimRequest, directory: Directory) -> Response[bytes]:
        return scim_json(await Bulk(directory).run(await _body(request)))

    @get("/Me", operation_id="ScimGetMe", summary="Nobody: a directory is no user", opt=_READ)
    async def me(self) -> Response[bytes]:
        raise NotImplementedException(detail="A SCIM token is no user's, so there is no /Me.")


class DescriptionEndpoints(Controller):
    """What this service says of itself."""

    path = "/"

    @get("/ServiceProviderConfig", operation_id="ScimGetConfig", summary="What this service can do", opt=_READ)
    async def config(self, directory: Directory) -> Response[bytes]:
        return scim_json(describing.config(directory.base_url))

    @get("/ResourceTypes", operation_id="ScimListResourceTypes", summary="The kinds of resources", opt=_READ)
    async def types(self, request: ScimRequest, directory: Directory) -> Response[bytes]:
        _refuse_filter(request)
        return scim_json(describing.resource_types(directory.base_url))

    @get("/ResourceTypes/{name:str}", operation_id="ScimGetResourceType", summary="One kind", opt=_READ)
    async def type(self, directory: Directory, name: str) -> Response[bytes]:
        return scim_json(describing.resource_type(directory.base_url, name))

    @get("/Schemas", operation_id="ScimListSchemas", summary="The schemas", opt=_READ)
    async def schemas(self, request: ScimRequest, directory: Directory) -> Response[bytes]:
        _refuse_filter(request)
        return scim_json(describing.schemas(directory.base_url))

    @get("/Schemas/{urn:str}", operation_id="ScimGetSchema", summary="One schema", opt=_READ)
    async def schema(self, directory: Directory, urn: str) -> Response[bytes]:
        return scim_json(describing.schema(directory.base_url, urn))


def _asked(request: ScimRequest) -> Json:
    """A question in the address; the last of what stands there twice."""
    return dict(request.query_params)


async def _body(request: ScimRequest) -> Json:
    """Raise InvalidSyntaxException for what is no JSON object."""
    try:
        body = msgspec.json.decode(await request.body())
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidSyntaxException(detail="The body is not JSON.") from error
    if not isinstance(body, dict):
        raise InvalidSyntaxException(detail="The body is no JSON object.")
    return body


def _if_match(request: ScimRequest) -> str | None:
    return request.headers.get("if-match")


def _shown(request: ScimRequest, kept: Kept) -> Response[bytes]:
    if kept.is_known(request.headers.get("if-none-match")):
        return Response(b"", status_code=304, headers={"ETag": kept.version})
    return _answer(request, kept)


def _answer(request: ScimRequest, kept: Kept, *, made: bool = False) -> Response[bytes]:
    """The resource, as far as the address asks for it."""
    model = Group if isinstance(kept.resource, Group) else DirectoryUser
    wanted = {
        name: value for name, value in request.query_params.items() if name in ("attributes", "excludedAttributes")
    }
    parameters = ResponseParameters[model].model_validate(wanted, scim_policy=POLICY)  # type: ignore[valid-type]
    shown = kept.resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=parameters)
    headers = {"ETag": kept.version, "Location": str(kept.resource.meta.location)}
    return scim_json(shown, status=201 if made else 200, headers=headers)


def _refuse_filter(request: ScimRequest) -> None:
    """RFC 7644 §4: what describes the service is not filtered."""
    if "filter" in request.query_params:
        raise ForbiddenException(detail="Schemas and resource types are not filtered.")
