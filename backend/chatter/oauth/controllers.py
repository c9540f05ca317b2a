"""Routes of apps: what they ask by themselves, and what a person decides about them."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Body

from chatter.identity.schemas import Profile
from chatter.kit.principal import Principal
from chatter.kit.rate_limits.rules import Kind
from chatter.kit.routes import route
from chatter.kit.telemetry import client_address
from chatter.kit.web.problems import problem_of
from chatter.oauth.authorizing import Authorizing
from chatter.oauth.errors import InvalidClientMetadata, InvalidRequest, OAuthError
from chatter.oauth.grants import Grants
from chatter.oauth.permissions import OAuthAction, OAuthPermission
from chatter.oauth.schemas import (
    AppList,
    AppRequest,
    Asked,
    AuthorizationAnswer,
    ClientRegistered,
    ClientRegistration,
    Connection,
    Consent,
    DeviceAnswer,
    DeviceConsent,
    DeviceLookup,
    DeviceRequest,
    DeviceStarted,
    MemberAppList,
    OAuthProblem,
    Revocation,
    TokenIssued,
    TokenRequest,
)
from chatter.oauth.token_endpoint import TokenEndpoint

__all__ = ["AppController", "ConnectionController", "ConsentController", "MemberAppController", "TokenController"]

AnyRequest = Request[object, object, State]
Form = Body(media_type=RequestEncodingType.URL_ENCODED)
_NO_STORE = {"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"}
_JSON = "application/json"
_CREATE = OAuthPermission.GRANT_CREATE


def _told(_: AnyRequest, error: OAuthError) -> Response[OAuthProblem]:
    """As RFC 6749 has it, and a problem document as well."""
    problem = problem_of(error)
    content = OAuthProblem(
        **{name: getattr(problem, name) for name in problem.__struct_fields__},
        error=error.code,
        error_description=error.detail,
    )
    wait = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    return Response(content, status_code=error.status, media_type=_JSON, headers=_NO_STORE | wait)


def _malformed(request: AnyRequest, error: ValidationException) -> Response[OAuthProblem]:
    found = error.extra if isinstance(error.extra, list) else []
    named = ", ".join(sorted({str(one.get("key", "")) for one in found if isinstance(one, dict)}))
    return _refused(request, f"These parameters are missing, malformed or there twice: {named}.")


def _unreadable(request: AnyRequest, error: ClientException) -> Response[OAuthProblem]:
    return _refused(request, f"The body can't be read: {error.detail}")


def _refused(request: AnyRequest, detail: str) -> Response[OAuthProblem]:
    told = InvalidClientMetadata if request.url.path.endswith("/register") else InvalidRequest
    return _told(request, told(detail))


def _errors(*statuses: int) -> dict[int, ResponseSpec]:
    texts = {400: "An OAuth error.", 401: "There is no such app.", 429: "Too many requests from one address."}
    return {
        status: ResponseSpec(OAuthProblem, description=texts[status], media_type=_JSON, generate_examples=False)
        for status in statuses
    }


class TokenController(Controller):
    """`/oauth`, for apps: public, for an app proves itself by what it was given."""

    path = "/oauth"
    tags = ("Apps",)
    exception_handlers = {  # noqa: RUF012 - as Litestar has it
        OAuthError: _told,
        ValidationException: _malformed,
        ClientException: _unreadable,
    }
    response_headers = {"Access-Control-Allow-Origin": "*"}  # noqa: RUF012

    @post(
        "/register",
        operation_id="RegisterApp",
        summary="Register an app (RFC 7591)",
        opt=route(public=True, limit=Kind.APP, cross_origin=True),
        responses=_errors(400, 429),
    )
    async def register(self, data: ClientRegistration, token_endpoint: TokenEndpoint) -> ClientRegistered:
        return await token_endpoint.register(data, address=client_address.get())

    @post(
        "/device",
        operation_id="StartDevice",
        summary="Ask for codes for a device (RFC 8628)",
        status_code=200,
        opt=route(public=True, limit=Kind.APP, cross_origin=True),
        responses=_errors(400, 401, 429),
    )
    async def device(self, data: Annotated[DeviceRequest, Form], token_endpoint: TokenEndpoint) -> DeviceStarted:
        return await token_endpoint.start_device(data, address=client_address.get())

    @post(
        "/token",
        operation_id="IssueToken",
        summary="Get tokens for a code, a refresh token or a device's code",
        status_code=200,
        opt=route(public=True, audit=OAuthAction.CONNECTED, limit=Kind.APP, cross_origin=True),
        responses=_errors(400, 401),
    )
    async def token(self, data: Annotated[TokenRequest, Form], token_endpoint: TokenEndpoint) -> TokenIssued:
        return await token_endpoint.issue(data)

    @post(
        "/revoke",
        operation_id="RevokeToken",
        summary="Take a refresh token back (RFC 7009)",
        status_code=200,
        opt=route(public=True, audit=OAuthAction.DISCONNECTED, limit=Kind.APP, cross_origin=True),
        responses=_errors(400, 401),
    )
    async def revoke(self, data: Annotated[Revocation, Form], token_endpoint: TokenEndpoint) -> None:
        await token_endpoint.revoke(data)


class ConsentController(Controller):
    """`/oauth`, for the person whom an app asks. A program can't let another in."""

    path = "/oauth"
    tags = ("Apps",)

    @post(
        "/asked",
        operation_id="LookUpApp",
        summary="What an app asks of me",
        status_code=200,
        opt=route(permission=_CREATE, people_only=True),
    )
    async def asked(self, data: AppRequest, principal: Principal, authorizing: Authorizing) -> Asked:
        return await authorizing.asked(principal, data)

    @post(
        "/allow",
        operation_id="AllowApp",
        summary="Let an app act for me in this organisation",
        status_code=200,
        opt=route(permission=_CREATE, people_only=True, audit=OAuthAction.GRANTED),
    )
    async def allow(self, data: Consent, principal: Principal, authorizing: Authorizing) -> AuthorizationAnswer:
        return await authorizing.allow(principal, data)

    @post(
        "/device/asked",
        operation_id="LookUpDevice",
        summary="What a device asks of me, by the code that it shows",
        status_code=200,
        opt=route(permission=_CREATE, people_only=True),
    )
    async def asked_by_device(self, data: DeviceLookup, principal: Principal, authorizing: Authorizing) -> Asked:
        return await authorizing.asked_by_device(principal, data.user_code)

    @post(
        "/device/allow",
        operation_id="AllowDevice",
        summary="Let a device act for me in this organisation",
        status_code=200,
        opt=route(permission=_CREATE, people_only=True, audit=OAuthAction.GRANTED),
    )
    async def allow_device(self, data: DeviceConsent, principal: Principal, authorizing: Authorizing) -> DeviceAnswer:
        return await authorizing.allow_device(principal, data)

    @post(
        "/device/refuse",
        operation_id="RefuseDevice",
        summary="Say no to a device",
        status_code=200,
        opt=route(permission=_CREATE, people_only=True, audit=OAuthAction.DEVICE_REFUSED),
    )
    async def refuse_device(self, data: DeviceConsent, principal: Principal, authorizing: Authorizing) -> DeviceAnswer:
        return await authorizing.refuse_device(principal, data)


class ConnectionController(Controller):
    """`/oauth/connection`, for whatever comes with a token."""

    path = "/oauth/connection"
    tags = ("Apps",)

    @get(operation_id="GetConnection", summary="For whom I act, and where", opt=route(signed_in=True))
    async def show(self, principal: Principal) -> Connection:
        return Connection(
            user=Profile(id=principal.user_id, email=principal.email, name=principal.name),
            organization_id=principal.tenant_id,
            organization_name=principal.organization_name,
            scopes=None if principal.scopes is None else sorted(principal.scopes),
        )


class AppController(Controller):
    """`/me/apps`"""

    path = "/me/apps"
    tags = ("Apps",)

    @get(operation_id="ListApps", summary="The apps that I let act", opt=route(signed_in=True, people_only=True))
    async def index(self, app_grants: Grants) -> AppList:
        return AppList(items=await app_grants.all())

    @delete(
        "/{app_id:uuid}",
        operation_id="RevokeApp",
        summary="Let an app act no longer",
        opt=route(signed_in=True, people_only=True, audit=OAuthAction.REVOKED),
    )
    async def revoke(self, app_grants: Grants, app_id: UUID) -> None:
        await app_grants.revoke(app_id)


class MemberAppController(Controller):
    """`/apps`"""

    path = "/apps"
    tags = ("Apps",)

    @get(
        operation_id="ListMemberApps",
        summary="The apps that members let act",
        opt=route(permission=OAuthPermission.GRANT_READ),
    )
    async def index(self, app_grants: Grants) -> MemberAppList:
        return MemberAppList(items=await app_grants.of_members())

    @delete(
        "/{app_id:uuid}",
        operation_id="RevokeMemberApp",
        summary="Take an app back from whoever lets it act",
        opt=route(permission=OAuthPermission.GRANT_DELETE, audit=OAuthAction.REVOKED),
    )
    async def revoke(self, app_grants: Grants, app_id: UUID) -> None:
        await app_grants.revoke_any(app_id)
