"""Mails that were kept on the server. They hold invitation links, so only who runs the server may read them."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.mail import Mailer
from chatter.kit.mail_folder import MailFolder
from chatter.kit.principal import Principal
from chatter.tenancy.errors import MailsElsewhere
from chatter.tenancy.schemas import KeptMail

__all__ = ["Mails"]

_SHOWN = 50


class Mails:
    """The owner of the first organisation, who set this server up, reads that organisation's mails.

    Nobody reads another organisation's here, and owners of further organisations not even their own: whoever reads an
    invitation meant for somebody else can pass for the reader of that mailbox. `chatter mails` shows them all to
    whoever may read the server's files.
    """

    def __init__(self, session: AsyncSession, mailer: Mailer) -> None:
        self._session = session
        self._mailer = mailer

    async def readable(self, principal: Principal) -> bool:
        if principal.role != "owner" or not isinstance(self._mailer, MailFolder):
            return False
        return bool(await self._session.scalar(text("select first_organization()")) == principal.tenant_id)

    async def newest(self, principal: Principal) -> list[KeptMail]:
        """Raise MailsElsewhere where there is nothing that this person may read."""
        if not isinstance(self._mailer, MailFolder) or not await self.readable(principal):
            raise MailsElsewhere
        kept = await self._mailer.newest(principal.tenant_id, limit=_SHOWN)
        return [KeptMail(id=mail.id, to=mail.to, subject=mail.subject, text=mail.text, at=mail.at) for mail in kept]
