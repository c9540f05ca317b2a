"""Routes for whoever holds the link of an invitation."""

from litestar import Controller, Response, post

from chatter.identity.browsers import answer_to, browser_of
from chatter.identity.controllers import AnyRequest
from chatter.identity.factor_schemas import SecondFactorAsked
from chatter.identity.joining import Joining
from chatter.identity.schemas import (
    InvitationAcceptance,
    InvitationKey,
    InvitationPreview,
    OrganizationChoice,
    SessionStarted,
)
from chatter.kit.principal import Principal
from chatter.kit.rate_limits.rules import Kind
from chatter.kit.routes import route
from chatter.kit.settings import Settings
from chatter.tenancy.permissions import TenancyAction

__all__ = ["JoiningController"]


class JoiningController(Controller):
    """The link carries the organisation's id, so that it is bound before the look-up."""

    tags = ("Invitations",)

    @post(
        "/invitations/look-up",
        operation_id="LookUpInvitation",
        summary="What an invitation's link is for",
        status_code=200,
        opt=route(public=True, limit=Kind.LINK),
    )
    async def look_up(self, joining: Joining, data: InvitationKey) -> InvitationPreview:
        return await joining.preview(data)

    @post(
        "/invitations/accept",
        operation_id="AcceptInvitation",
        summary="Join with an invitation's link and a password",
        status_code=200,
        opt=route(public=True, audit=TenancyAction.INVITATION_ACCEPTED, limit=Kind.LINK),
    )
    async def accept(
        self, joining: Joining, data: InvitationAcceptance, settings: Settings, request: AnyRequest
    ) -> Response[SessionStarted | SecondFactorAsked]:
        browser, agent = browser_of(request), request.headers.get("user-agent", "")
        outcome = await joining.accept(data, user_agent=agent, browser=browser)
        return answer_to(outcome, settings, browser=browser, status_code=200)

    @post(
        "/me/invitations/accept",
        operation_id="AcceptInvitationSignedIn",
        summary="Join with an invitation's link as the person signed in",
        status_code=200,
        opt=route(
            signed_in=True,
            even_closed=True,
            people_only=True,
            unbound=True,
            audit=TenancyAction.INVITATION_ACCEPTED,
        ),
    )
    async def accept_signed_in(self, joining: Joining, principal: Principal, data: InvitationKey) -> OrganizationChoice:
        return await joining.accept_signed_in(principal, data)
