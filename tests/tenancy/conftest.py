"""A worker for the jobs of these tests, and the mails that it wrote."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from chatter.kit.job_runner import JobRunner
from chatter.kit.mail import KeptMail
from chatter.kit.mail_folder import MailFolder
from chatter.kit.services import Services
from chatter.kit.settings import Settings
from chatter.registry import DOMAINS
from tests.people import Person

Post = Callable[[Person], Awaitable[list[KeptMail]]]

_LINK = re.compile(r"/invite/(\S+)#(\S+)")


class MovableClock:
    """Tells the time that a test wants."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, **by: float) -> None:
        self._ahead += timedelta(**by)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest_asyncio.fixture
async def worker(settings: Settings, clock: MovableClock) -> AsyncIterator[JobRunner]:
    """Runs jobs in this process, by a clock that can be moved."""
    async with Services.open(settings) as services:
        services.clock = clock
        for domain in DOMAINS:
            for start in domain.on_startup:
                await start(services)
        try:
            yield JobRunner(services, [kind for domain in DOMAINS for kind in domain.jobs])
        finally:
            for domain in reversed(DOMAINS):
                for stop in domain.on_shutdown:
                    await stop(services)


async def work_off(worker: JobRunner) -> None:
    """Run every job that is due."""
    while await worker.take():
        pass


@pytest.fixture
def post(worker: JobRunner) -> Post:
    """The mails that an organisation has sent, newest first, once the jobs are done."""

    async def delivered(person: Person) -> list[KeptMail]:
        await work_off(worker)
        mailer = worker.services.mailer
        assert isinstance(mailer, MailFolder)
        return [*await mailer.newest(person.organization_id, limit=50)]

    return delivered


def link_in(mail: KeptMail | str) -> dict[str, str]:
    """The body that an invitation's page sends: what the link in the mail holds."""
    text = mail if isinstance(mail, str) else mail.text
    found = _LINK.search(text)
    assert found is not None, text
    return {"organization_id": found[1], "token": found[2]}
