"""Mail as a port: what a mail is, who sends it, and what can go wrong. Sent by jobs, never inside a transaction."""

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Protocol
from uuid import UUID

import msgspec

from chatter.kit.errors import Invalid, UpstreamFailed
from chatter.kit.schema import FrozenMeta

__all__ = ["KeptMail", "Mail", "MailKeeper", "MailRefused", "MailUndelivered", "Mailer", "as_message"]


class MailUndelivered(UpstreamFailed):
    """The mail server is away or busy: a later attempt may succeed."""

    code, title = "mail_undelivered", "The mail could not be sent"


class MailRefused(Invalid):
    """The mail server will not take this mail, however often it is asked."""

    code, title = "mail_refused", "The mail server refused the mail"


class Mail(msgspec.Struct, metaclass=FrozenMeta):
    """A plain-text mail of one organisation to one person."""

    tenant_id: UUID
    id: UUID
    """The same for each attempt, so that a mail which arrives twice is recognised as one."""
    to: str
    subject: str
    text: str
    at: datetime


class KeptMail(msgspec.Struct, metaclass=FrozenMeta):
    """A mail that was written to the folder instead of being sent."""

    id: str
    to: str
    subject: str
    text: str
    at: datetime


class Mailer(Protocol):
    """Sends mail."""

    async def send(self, mail: Mail) -> None:
        """Hand it over; raises MailUndelivered (try again) or MailRefused (do not)."""
        ...


class MailKeeper(Mailer, Protocol):
    """A mailer that keeps its mails where they can be read."""

    async def newest(self, tenant_id: UUID, *, limit: int) -> Sequence[KeptMail]:
        """The organisation's mails, newest first."""
        ...

    async def forget(self, tenant_id: UUID) -> None:
        """Remove every mail of the organisation."""
        ...


def as_message(mail: Mail, *, sender: str) -> EmailMessage:
    """The mail as RFC 5322 writes it. Line breaks in a subject, which could add headers, become spaces."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = format_datetime(mail.at)
    message["Message-ID"] = f"<{mail.id}@chatter>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message
