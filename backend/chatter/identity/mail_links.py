"""Mails to a person. The worker sends them: each address costs an answer the same, and a sign-in waits for none.

The mail is no organisation's: where mails are kept on the server, no owner reads it, only who runs the server.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from uuid import UUID

import structlog
from asyncpg import Record

from chatter.kit.crypto import derive
from chatter.kit.mail import Mail, MailRefused, MailUndelivered
from chatter.kit.services import Services

__all__ = ["PASSWORD_RESET", "SIGN_UP", "link_id", "link_token", "send_links"]

PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of a purpose
SIGN_UP = "sign_up"
_AT_ONCE = 20
_NOBODYS = UUID(int=0)
_TEXT = """Somebody, hopefully you, wants to set a new password for {email} on Chatter.

Open this link to choose one. It works once, until {until:%d %B %Y, %H:%M} UTC, and signs you out everywhere:

{link}

If it was not you, ignore this mail: your password stays as it is.
"""
_NEW_DEVICE = """Somebody, hopefully you, signed in to Chatter as {email} from a device that you had not used before:

{detail}, on {at:%d %B %Y, %H:%M} UTC

If it was not you, sign that device out and change your password here:

{link}
"""

log = structlog.get_logger()


def link_token(secret_key: str, *, purpose: str, link: UUID) -> str:
    """The id, and a proof that this server made it: only the holder of its key can."""
    return f"{link.hex}.{_mac(secret_key, purpose=purpose, link=link)}"


def link_id(secret_keys: Sequence[str], *, purpose: str, token: str) -> UUID | None:
    """The link's id; None for a token that this server did not make for this purpose."""
    named, _, mac = token.partition(".")
    try:
        link = UUID(hex=named)
    except ValueError:
        return None
    made = (_mac(key, purpose=purpose, link=link).encode() for key in secret_keys)
    return link if any(hmac.compare_digest(mac.encode(), one) for one in made) else None


async def send_links(services: Services) -> None:
    """Send what was asked for. A link whose mail could not be sent is tried again a minute later, until it expires."""
    for row in await services.database.hot.fetch("select * from mail_links_claim($1)", _AT_ONCE):
        try:
            await services.mailer.send(_written(services, row))
        except (MailUndelivered, MailRefused) as error:
            log.warning("link_not_sent", link=str(row["id"]), purpose=row["purpose"], error=error.code)
            continue
        await services.database.hot.execute("select mail_link_sent($1)", row["id"])


def _written(services: Services, row: Record) -> Mail:
    subject, body = _reset(services, row) if row["purpose"] == PASSWORD_RESET else _new_device(services, row)
    return Mail(tenant_id=_NOBODYS, id=row["id"], to=row["email"], subject=subject, text=body, at=services.clock.now())


def _reset(services: Services, row: Record) -> tuple[str, str]:
    token = link_token(services.settings.secret_key, purpose=row["purpose"], link=row["id"])
    # Behind `#`: browsers do not send it, so no server's log holds it.
    link = f"{services.settings.address}/reset#{token}"
    return "Set a new password", _TEXT.format(email=row["email"], until=row["expires_at"], link=link)


def _new_device(services: Services, row: Record) -> tuple[str, str]:
    link = f"{services.settings.address}/account"
    told = _NEW_DEVICE.format(email=row["email"], detail=row["detail"], at=row["created_at"], link=link)
    return "A new device is signed in", told


def _mac(secret_key: str, *, purpose: str, link: UUID) -> str:
    mac = hmac.digest(derive(secret_key, purpose=f"mail-link:{purpose}"), link.bytes, hashlib.sha256)
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")
