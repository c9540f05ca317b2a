"""Mails through an SMTP server. A password never travels in the clear, unless the server is this machine."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import aiosmtplib

from chatter.kit.mail import Mail, MailRefused, MailUndelivered, as_message

__all__ = ["SmtpMailer"]

_SECONDS = 20.0
_PORTS = {"smtp": 587, "smtps": 465}
_TRY_LATER = range(400, 500)  # RFC 5321, 4.2.1: a transient failure; from 500 on it is permanent


@dataclass(frozen=True, kw_only=True)
class _Server:
    host: str
    port: int
    user: str | None
    password: str | None
    use_tls: bool
    start_tls: bool | None
    """None: when the server offers it."""


class SmtpMailer:
    """One connection a mail: mails are rare, and a kept connection would mostly be found closed."""

    def __init__(self, url: str, *, sender: str) -> None:
        self._server = _server(url)
        self._sender = sender

    async def send(self, mail: Mail) -> None:
        server = self._server
        try:
            await aiosmtplib.send(
                as_message(mail, sender=self._sender),
                hostname=server.host,
                port=server.port,
                username=server.user,
                password=server.password,
                use_tls=server.use_tls,
                start_tls=server.start_tls,
                timeout=_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _failure(error.recipients[0].code) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _failure(error.code) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailUndelivered(
                "The mail server could not be reached.", remedy="Check SMTP_URL and that the server answers."
            ) from error


def _failure(code: int) -> MailUndelivered | MailRefused:
    """Only the code is told: the server's own words may repeat what we sent."""
    if code in _TRY_LATER:
        return MailUndelivered(f"The mail server put the mail off ({code}).", remedy="Wait: it is tried again.")
    return MailRefused(
        f"The mail server refused the mail ({code}).", remedy="Check the address, MAIL_FROM and SMTP_URL."
    )


def _server(url: str) -> _Server:
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("SMTP_URL must look like smtp://user:password@host:587 or smtps://user:password@host:465")
    implicit = parts.scheme == "smtps"
    must_encrypt = parts.password is not None and not implicit and not _is_this_machine(parts.hostname)
    return _Server(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_tls=implicit,
        start_tls=False if implicit else True if must_encrypt else None,
    )


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
