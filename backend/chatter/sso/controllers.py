"""The doors of single sign-on. A provider's path carries its organisation's id, to be bound before the look-up."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.enums import RequestEncodingType
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Body, QueryParameter
from litestar.response import Redirect

from chatter.identity.facade import principal_of, session_cookie, shown
from chatter.identity.permissions import IdentityAction
from chatter.identity.schemas import SessionStarted
from chatter.kit.errors import ChatterError
from chatter.kit.principal import Principal
from chatter.kit.rate_limits.rules import Kind
from chatter.kit.routes import route
from chatter.kit.schema import Problem
from chatter.kit.services import Services
from chatter.kit.settings import Settings
from chatter.kit.telemetry import client_address
from chatter.kit.web.edge import SESSION_COOKIE
from chatter.kit.web.openapi import ELSEWHERE
from chatter.kit.web.problems import PROBLEM_JSON
from chatter.sso.attempts import VALID_FOR, cookie_of
from chatter.sso.logout import SsoLogout
from chatter.sso.permissions import SsoAction
from chatter.sso.schemas import Address, LogoutForm, SsoDemandList, SsoDoor, SsoSignOut, SsoTest
from chatter.sso.sign_in import Departure, SsoSignIn
from chatter.sso.walk import Answer

__all__ = ["SsoController"]

AnyRequest = Request[object, object, State]
_REFUSED = {
    status: ResponseSpec(Problem, description=text, media_type=PROBLEM_JSON, generate_examples=False)
    for status, text in {401: "The sign-in was refused.", 409: "The address was taken meanwhile."}.items()
}
"""For handlers that are public and answer to what a browser brings along."""
Text = Annotated[str | None, QueryParameter(max_length=2000)]
Finished = Response[SessionStarted | SsoTest] | Redirect


class SsoController(Controller):
    """`/auth/sso`"""

    path = "/auth/sso"
    tags = ("Single sign-on",)

    @post(
        "/start",
        operation_id="FindSsoDoor",
        summary="Where people of an address's domain sign in",
        status_code=200,
        opt=route(public=True, limit=Kind.SSO),
    )
    async def find(self, data: Address, sso: SsoSignIn) -> SsoDoor:
        return await sso.door(data.email)

    @get(
        "/demanded",
        operation_id="ListSsoDemands",
        summary="Which organisations my session does not open for want of their own sign-in, and where that is",
        opt=route(public=True, limit=Kind.SSO),
    )
    async def demanded(self, request: AnyRequest, sso: SsoSignIn) -> SsoDemandList:
        proof = shown(request)
        return await sso.demanded(proof) if isinstance(proof, str) else SsoDemandList(items=[])

    @get(
        "/{organization_id:uuid}/{identity_provider_id:uuid}/start",
        operation_id="StartSso",
        summary="Send the browser to the organisation's identity provider",
        status_code=302,
        opt=route(public=True, limit=Kind.SSO),
        responses=ELSEWHERE | _REFUSED,
    )
    async def start(
        self,
        *,
        request: AnyRequest,
        organization_id: UUID,
        identity_provider_id: UUID,
        sso: SsoSignIn,
        services: Services,
        login_hint: Text = None,
        sso_attempt_id: UUID | None = None,
    ) -> Redirect:
        try:
            if sso_attempt_id is None:
                departure = await sso.begin(organization_id, identity_provider_id, hint=login_hint)
            else:
                tester = await principal_of(
                    services, shown(request), tenant_id=organization_id, address=client_address.get()
                )
                person_id = tester.user_id if tester else None
                departure = await sso.begin_test(
                    organization_id, identity_provider_id, sso_attempt_id, person_id=person_id
                )
        except ChatterError as error:
            return _back_to_sign_in(request, error)
        return Redirect(
            departure.url, status_code=302, cookies=[_cookie(departure, request.url.path, settings=services.settings)]
        )

    @get(
        "/{organization_id:uuid}/{identity_provider_id:uuid}/callback",
        operation_id="FinishSso",
        summary="Finish a sign-in: the provider sends the browser here",
        opt=route(public=True, audit=SsoAction.SIGNED_IN, limit=Kind.SSO),
        responses=ELSEWHERE | _REFUSED,
    )
    async def finish(
        self,
        *,
        request: AnyRequest,
        organization_id: UUID,
        identity_provider_id: UUID,
        sso: SsoSignIn,
        settings: Settings,
        attempt: Annotated[str, QueryParameter(name="state", max_length=200)],
        code: Text = None,
        error: Text = None,
        error_description: Text = None,
        iss: Text = None,
    ) -> Response[SessionStarted | SsoTest]:
        """Programs get the answer, browsers are sent on."""
        answer = Answer(state=attempt, code=code, error=error, error_description=error_description, iss=iss)
        try:
            outcome = await sso.finish(
                organization_id,
                identity_provider_id,
                answer,
                cookies=request.cookies,
                user_agent=request.headers.get("user-agent", ""),
            )
        except ChatterError as problem:
            return _back_to_sign_in(request, problem)
        cookies = [_cookie_gone(attempt, request.url.path)]
        if isinstance(outcome, SsoTest):
            return _answered(request, outcome, cookies, page=f"/sso/{identity_provider_id}/tests/{outcome.id}")
        seconds = settings.session_days * 24 * 3600
        cookies.append(session_cookie(outcome.token, settings, seconds=seconds))
        return _answered(request, outcome, cookies, page="/")

    @post(
        "/{organization_id:uuid}/{identity_provider_id:uuid}/backchannel-logout",
        operation_id="BackchannelLogout",
        summary="End sessions because the provider says so (OpenID Connect Back-Channel Logout 1.0)",
        status_code=200,
        opt=route(public=True, audit=SsoAction.ENDED_BY_PROVIDER, limit=Kind.APP),
    )
    async def backchannel_logout(
        self,
        organization_id: UUID,
        identity_provider_id: UUID,
        logout: SsoLogout,
        data: Annotated[LogoutForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Response[None]:
        await logout.by_provider(organization_id, identity_provider_id, data.logout_token)
        return Response(None, status_code=200, headers={"cache-control": "no-store"})

    @post(
        "/sign-out",
        operation_id="SignOutOfSso",
        summary="End this session, and say where the provider's own is ended",
        status_code=200,
        opt=route(signed_in=True, even_closed=True, people_only=True, audit=IdentityAction.SIGNED_OUT),
    )
    async def sign_out(self, principal: Principal, logout: SsoLogout) -> Response[SsoSignOut]:
        response = Response(await logout.sign_out(principal), status_code=200)
        response.delete_cookie(SESSION_COOKIE, path="/")
        return response


def _answered(
    request: AnyRequest, outcome: SessionStarted | SsoTest, cookies: list[Cookie], *, page: str
) -> Response[SessionStarted | SsoTest]:
    if _is_browser(request):
        return Response(None, status_code=303, headers={"location": page}, cookies=cookies)  # type: ignore[arg-type]  # no content
    return Response(outcome, status_code=200, cookies=cookies)


def _back_to_sign_in(request: AnyRequest, error: ChatterError) -> Redirect:
    """A person reads about it on the sign-in page; a program gets the problem document."""
    if not _is_browser(request):
        raise error
    return Redirect(f"/login?{urlencode({'sso': error.code})}", status_code=303)


def _is_browser(request: AnyRequest) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _cookie(departure: Departure, path: str, *, settings: Settings) -> Cookie:
    return Cookie(
        key=cookie_of(departure.begun.attempt_id),
        value=departure.begun.secret,
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies,
        path=path.removesuffix("/start"),
        max_age=int(VALID_FOR.total_seconds()),
    )


def _cookie_gone(state: str, path: str) -> Cookie:
    return Cookie(
        key=f"chatter_sso_{state.partition('.')[0]}", value="", path=path.removesuffix("/callback"), max_age=0
    )
