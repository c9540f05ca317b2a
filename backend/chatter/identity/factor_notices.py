"""Mails to a person about their second factors: whoever changes them unseen has taken the account over."""

from typing import Literal

import msgspec

from chatter.kit.jobs import JobContext, JobKind
from chatter.kit.mail import Mail

__all__ = ["SEND_FACTOR_NOTICE", "FactorNotice", "Occasion"]

Occasion = Literal[
    "totp_added",
    "totp_removed",
    "passkey_added",
    "passkey_removed",
    "codes_replaced",
    "reset",
    "codes_refused",
    "passkey_refused",
]

_SUBJECTS: dict[Occasion, str] = {
    "totp_added": "An authenticator app was added to your account",
    "totp_removed": "The authenticator app was removed from your account",
    "passkey_added": "A passkey was added to your account",
    "passkey_removed": "A passkey was removed from your account",
    "codes_replaced": "Your recovery codes were replaced",
    "reset": "Your second factors were reset",
    "codes_refused": "Somebody knows your password",
    "passkey_refused": "A copy of your passkey was used",
}
_TEXT = """{what}

If this was you, there is nothing to do. If it was not, change your password at once and look at your second factors:

{link}
"""
_WHAT: dict[Occasion, str] = {
    "reset": "{by} has removed your second factors and ended your sessions. Your "
    "password alone lets you in until you add one again.",
    "codes_refused": "Somebody signed in with your password and then gave wrong codes until we stopped asking.",
    "passkey_refused": "A sign-in with one of your passkeys was refused: it had counted fewer uses than we have seen, "
    "as a copy of it would. Remove that passkey.",
}


class FactorNotice(msgspec.Struct, kw_only=True, frozen=True):
    email: str
    occasion: Occasion
    by: str = ""


async def _send(context: JobContext, payload: FactorNotice) -> None:
    services, subject = context.services, _SUBJECTS[payload.occasion]
    what = _WHAT.get(payload.occasion, f"{subject}.").format(by=payload.by)
    mail = Mail(
        tenant_id=context.tenant_id,
        id=context.job_id,
        to=payload.email,
        subject=subject,
        text=_TEXT.format(what=what, link=f"{services.settings.address}/account"),
        at=services.clock.now(),
    )
    await services.mailer.send(mail)


SEND_FACTOR_NOTICE = JobKind(name="identity.send_factor_notice", payload=FactorNotice, handle=_send)
"""A second try sends the mail again: better twice than never."""
