"""Routes of the proof that an address is one's own."""

from litestar import Controller, post

from chatter.identity.mailboxes import Mailboxes
from chatter.identity.permissions import IdentityAction
from chatter.identity.schemas import MailboxProof, MailboxProven
from chatter.kit.principal import Principal
from chatter.kit.rate_limits.rules import Kind
from chatter.kit.routes import route

__all__ = ["MailboxController"]


class MailboxController(Controller):
    """Asked for by who is signed in; given by whoever reads the mail."""

    tags = ("Profile",)

    @post(
        "/me/email/proof",
        operation_id="RequestEmailProof",
        summary="Send a link that proves my address",
        status_code=204,
        opt=route(signed_in=True, people_only=True, audit=IdentityAction.EMAIL_PROOF_SENT, limit=Kind.MAIL),
    )
    async def request(self, mailboxes: Mailboxes, principal: Principal) -> None:
        await mailboxes.request(principal)

    @post(
        "/auth/email/prove",
        operation_id="ProveEmail",
        summary="Prove an address with the link from its mail",
        status_code=200,
        opt=route(public=True, audit=IdentityAction.EMAIL_PROVEN, limit=Kind.LINK),
    )
    async def prove(self, mailboxes: Mailboxes, data: MailboxProof) -> MailboxProven:
        return await mailboxes.prove(data)
