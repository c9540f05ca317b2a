"""Routes of signing up."""

from litestar import Controller, Response, post

from chatter.identity.controllers import AnyRequest
from chatter.identity.permissions import IdentityAction
from chatter.identity.schemas import SessionStarted, SignUp, SignUpAsked, SignUpFinish
from chatter.identity.sign_ups import SignUps
from chatter.identity.web import with_cookie
from chatter.kit.rate_limits.rules import Kind
from chatter.kit.routes import route
from chatter.kit.settings import Settings

__all__ = ["SignUpController"]


class SignUpController(Controller):
    """Nobody is signed in here: the link in the mail is the proof."""

    path = "/auth/sign-up"
    tags = ("Sign-in",)

    @post(
        operation_id="SignUp",
        summary="Ask for a link that creates a person and an organisation",
        status_code=202,
        opt=route(public=True, limit=Kind.SIGN_UP, account="email"),
    )
    async def request(self, data: SignUp, sign_ups: SignUps) -> SignUpAsked:
        return await sign_ups.request(data)

    @post(
        "/finish",
        operation_id="FinishSignUp",
        summary="Create the person and the organisation with the link",
        opt=route(public=True, audit=IdentityAction.SIGNED_UP, limit=Kind.LINK),
    )
    async def finish(
        self, data: SignUpFinish, sign_ups: SignUps, settings: Settings, request: AnyRequest
    ) -> Response[SessionStarted]:
        started = await sign_ups.finish(data, user_agent=request.headers.get("user-agent", ""))
        return with_cookie(started, settings, status_code=201)
