"""Mails to whoever signs up: a link to a new address, and a word to one that somebody here uses already.

Nothing that was typed stands in them but the address: they go to somebody who may not have asked for them.
"""

from uuid import UUID

import structlog
from asyncpg import Record

from chatter.identity.mail_links import SIGN_UP, link_token
from chatter.kit.mail import Mail, MailRefused, MailUndelivered
from chatter.kit.services import Services

__all__ = ["send_sign_ups"]

_AT_ONCE = 20
_NOBODYS = UUID(int=0)
_NEW = """Somebody, hopefully you, wants to create an organization on Chatter with the address {email}.

Open this link to choose a password and begin. It works once, until {until:%d %B %Y, %H:%M} UTC:

{link}

If it was not you, ignore this mail: nothing is created.
"""
_KNOWN = """Somebody, hopefully you, wants to sign up to Chatter as {email}. You have an account with this
address already.

Sign in: {address}/login
Forgot your password? {address}/forgot

Once you are signed in, you can create a further organization there.

If it was not you, ignore this mail: nothing has changed.
"""

log = structlog.get_logger()


async def send_sign_ups(services: Services) -> None:
    """Send what was asked for. What could not be sent is tried again a minute later, until it expires."""
    for row in await services.database.hot.fetch("select * from sign_ups_claim($1)", _AT_ONCE):
        try:
            await services.mailer.send(_written(services, row))
        except (MailUndelivered, MailRefused) as error:
            log.warning("sign_up_not_sent", sign_up=str(row["id"]), error=error.code)
            continue
        await services.database.hot.execute("select sign_up_sent($1)", row["id"])


def _written(services: Services, row: Record) -> Mail:
    subject, body = _known(services, row) if row["known"] else _new(services, row)
    return Mail(tenant_id=_NOBODYS, id=row["id"], to=row["email"], subject=subject, text=body, at=services.clock.now())


def _new(services: Services, row: Record) -> tuple[str, str]:
    token = link_token(services.settings.secret_key, purpose=SIGN_UP, link=row["id"])
    # Behind `#`: browsers do not send it, so no server's log holds it.
    link = f"{services.settings.address}/sign-up/finish#{token}"
    return "Finish your sign-up", _NEW.format(email=row["email"], until=row["expires_at"], link=link)


def _known(services: Services, row: Record) -> tuple[str, str]:
    return "You have an account already", _KNOWN.format(email=row["email"], address=services.settings.address)
