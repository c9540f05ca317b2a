"""Mail: through an SMTP server, or into a folder."""

import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from chatter.kit.identifiers import new_id
from chatter.kit.mail import Mail, MailRefused, MailUndelivered, as_message
from chatter.kit.mail_folder import MailFolder
from chatter.kit.mail_smtp import SmtpMailer
from tests.inbox import Inbox, smtp_server

SENDER = "Chatter <chatter@acme.test>"


def a_mail(**changes: object) -> Mail:
    values: dict[str, object] = {
        "tenant_id": uuid4(),
        "id": new_id(),
        "to": "bo@example.test",
        "subject": "Join Acme",
        "text": "Grüße,\nyour link: https://chatter.test/x\n",
        "at": datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    }
    return Mail(**{**values, **changes})  # type: ignore[arg-type]  # the values' types are those above


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest_asyncio.fixture
async def mailer(inbox: Inbox) -> AsyncIterator[SmtpMailer]:
    async with smtp_server(inbox) as url:
        yield SmtpMailer(url, sender=SENDER)


class TestSmtp:
    async def test_a_mail_arrives_as_it_was_written(self, mailer: SmtpMailer, inbox: Inbox) -> None:
        mail = a_mail()
        await mailer.send(mail)
        (arrived,) = inbox.mails
        assert (arrived["From"], arrived["To"], arrived["Subject"]) == (SENDER, mail.to, mail.subject)
        assert arrived.get_content().replace("\r\n", "\n") == mail.text

    async def test_two_attempts_carry_the_same_message_id(self, mailer: SmtpMailer, inbox: Inbox) -> None:
        mail = a_mail()
        await mailer.send(mail)
        await mailer.send(mail)
        assert inbox.mails[0]["Message-ID"] == inbox.mails[1]["Message-ID"]

    async def test_a_server_that_is_busy_asks_for_another_attempt(self, mailer: SmtpMailer, inbox: Inbox) -> None:
        inbox.answer = "451 Greylisted, bo@example.test"
        with pytest.raises(MailUndelivered) as raised:
            await mailer.send(a_mail())
        assert raised.value.retryable
        assert "bo@example.test" not in raised.value.detail

    async def test_a_server_that_refuses_for_good_is_not_asked_again(self, mailer: SmtpMailer, inbox: Inbox) -> None:
        inbox.answer = "550 No such mailbox"
        with pytest.raises(MailRefused) as raised:
            await mailer.send(a_mail())
        assert not raised.value.retryable

    async def test_a_server_that_is_away_asks_for_another_attempt(self) -> None:
        with pytest.raises(MailUndelivered):
            await SmtpMailer("smtp://127.0.0.1:9", sender=SENDER).send(a_mail())

    def test_an_address_that_is_none_of_a_mail_server_is_refused_at_the_start(self) -> None:
        with pytest.raises(ValueError, match="SMTP_URL"):
            SmtpMailer("https://mail.acme.test", sender=SENDER)


class TestFolder:
    async def test_the_newest_mail_comes_first_and_only_of_the_organisation(self, tmp_path: Path) -> None:
        folder = MailFolder(tmp_path / "mails", sender=SENDER)
        first = a_mail()
        second = a_mail(tenant_id=first.tenant_id, subject="Later", at=first.at + timedelta(minutes=1))
        for mail in (first, second, a_mail()):
            await folder.send(mail)
        kept = await folder.newest(first.tenant_id, limit=10)
        assert [(mail.subject, mail.to, mail.at) for mail in kept] == [
            ("Later", second.to, second.at),
            ("Join Acme", first.to, first.at),
        ]
        assert kept[0].text == second.text

    async def test_nobody_else_on_the_machine_can_read_them(self, tmp_path: Path) -> None:
        mail = a_mail()
        folder = MailFolder(tmp_path / "mails", sender=SENDER)
        await folder.send(mail)
        (path,) = folder.folder.rglob("*.eml")
        assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent, folder.folder)] == [0o600, 0o700, 0o700]

    async def test_an_organisation_that_is_forgotten_leaves_no_mail(self, tmp_path: Path) -> None:
        mail, other = a_mail(), a_mail()
        folder = MailFolder(tmp_path, sender=SENDER)
        await folder.send(mail)
        await folder.send(other)
        await folder.forget(mail.tenant_id)
        assert list(folder.tenants()) == [other.tenant_id]


def test_a_line_break_in_a_subject_adds_no_header() -> None:
    message = as_message(a_mail(subject="Join\r\nBcc: all@example.test"), sender=SENDER)
    assert message["Bcc"] is None
    assert message["Subject"] == "Join Bcc: all@example.test"
