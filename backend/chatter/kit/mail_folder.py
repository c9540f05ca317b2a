"""Mails as files: the embedded default, for a machine without a mail server. Only their owner may read them."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from pathlib import Path
from uuid import UUID

from chatter.kit.mail import KeptMail, Mail, as_message

__all__ = ["MailFolder"]

_KEPT = 200
"""Mails that an organisation keeps; older ones are removed as new ones come."""


class MailFolder:
    """`<folder>/<tenant>/<time>-<id>.eml`. (Not a dataclass: Litestar would validate it field by field.)"""

    def __init__(self, folder: Path, *, sender: str) -> None:
        self.folder = folder
        self._sender = sender

    async def send(self, mail: Mail) -> None:
        await asyncio.to_thread(self._write, mail)

    async def newest(self, tenant_id: UUID, *, limit: int) -> Sequence[KeptMail]:
        return await asyncio.to_thread(lambda: [_read(path) for path in self._paths(tenant_id)[:limit]])

    async def forget(self, tenant_id: UUID) -> None:
        await asyncio.to_thread(shutil.rmtree, self.folder / str(tenant_id), ignore_errors=True)

    def tenants(self) -> Iterator[UUID]:
        """The organisations that have mails here."""
        for folder in sorted(self.folder.glob("*")):
            with contextlib.suppress(ValueError):
                yield UUID(folder.name)

    def _write(self, mail: Mail) -> None:
        folder = self.folder / str(mail.tenant_id)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{mail.at:%Y%m%dT%H%M%S%f}-{mail.id}.eml"
        half = path.with_suffix(".part")
        with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(as_message(mail, sender=self._sender).as_bytes())
        half.rename(path)
        for old in self._paths(mail.tenant_id)[_KEPT:]:
            old.unlink(missing_ok=True)

    def _paths(self, tenant_id: UUID) -> list[Path]:
        return sorted((self.folder / str(tenant_id)).glob("*.eml"), reverse=True)


def _read(path: Path) -> KeptMail:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    return KeptMail(
        id=path.stem,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        text=str(body.get_content()) if body else "",
        at=parsedate_to_datetime(str(message["Date"])),
    )
