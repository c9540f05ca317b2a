"""Routes of a forgotten password."""

from litestar import Controller, post

from chatter.identity.password_resets import PasswordResets
from chatter.identity.permissions import IdentityAction
from chatter.identity.schemas import PasswordResetRequest, PasswordResetting
from chatter.kit.rate_limits.rules import Kind
from chatter.kit.routes import route

__all__ = ["PasswordResetController"]


class PasswordResetController(Controller):
    """Nobody is signed in here: the link in the mail is the proof."""

    path = "/auth/password"
    tags = ("Sign-in",)

    @post(
        "/reset-request",
        operation_id="RequestPasswordReset",
        summary="Have a link to a new password sent",
        status_code=204,
        opt=route(public=True, limit=Kind.MAIL, account="email"),
    )
    async def request(self, data: PasswordResetRequest, password_resets: PasswordResets) -> None:
        await password_resets.request(data)

    @post(
        "/reset",
        operation_id="ResetPassword",
        summary="Set a new password with the link",
        status_code=204,
        opt=route(public=True, audit=IdentityAction.PASSWORD_RESET, limit=Kind.LINK),
    )
    async def reset(self, data: PasswordResetting, password_resets: PasswordResets) -> None:
        await password_resets.reset(data)
