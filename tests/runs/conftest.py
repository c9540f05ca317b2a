"""Engines of two processes on the same servers, with a kind of run that tests script."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

import pytest
import pytest_asyncio

from chatter.kit.db.database import Database
from chatter.kit.identifiers import new_id
from chatter.kit.services import Services
from chatter.kit.settings import Settings
from chatter.runs.engine import RunEngine
from chatter.runs.ports import ActiveRun
from chatter.runs.repository import Grant
from tests.chat.network import Cable
from tests.runs.work import ScriptedKind, ScriptedWork, open_run


@dataclass
class Process:
    """What one process has: its services and its engine."""

    services: Services
    engine: RunEngine
    kind: ScriptedKind

    async def begin(
        self, script: Callable[[ActiveRun], Awaitable[None]], *, tenant_id: UUID, owner_id: UUID
    ) -> tuple[Grant, ScriptedWork]:
        """Open a run here and execute it."""
        grant = await open_run(self.engine, self.services.database, tenant_id=tenant_id, owner_id=owner_id)
        work = ScriptedWork(self.engine.repository, self.services.database, script)
        self.engine.admit(grant, owner_id=owner_id, request_id="request", work=work)
        return grant, work


async def _process(settings: Settings) -> AsyncIterator[Process]:
    async with Services.open(settings) as services:
        engine = RunEngine(services)
        kind = ScriptedKind(engine.repository, services.database)
        engine.register(kind)
        engine.start()
        try:
            yield Process(services, engine, kind)
        finally:
            await engine.stop()


@pytest_asyncio.fixture
async def here(settings: Settings) -> AsyncIterator[Process]:
    """The process that executes."""
    async for process in _process(settings):
        yield process


@pytest_asyncio.fixture
async def elsewhere(settings: Settings) -> AsyncIterator[Process]:
    """Another process on the same servers."""
    async for process in _process(settings):
        yield process


@pytest_asyncio.fixture
async def cable(settings: Settings) -> AsyncIterator[Cable]:
    """The way of one process to Redis."""
    assert settings.redis_url is not None
    port = urlsplit(settings.redis_url).port
    assert port is not None
    made = Cable(port)
    await made.plug_in()
    yield made
    made.unclog()
    await made.pull()


@pytest_asyncio.fixture
async def clogged(settings: Settings, cable: Cable) -> AsyncIterator[Process]:
    """A process whose Redis can be silent."""
    assert settings.redis_url is not None
    async for process in _process(settings.model_copy(update={"redis_url": cable.through(settings.redis_url)})):
        yield process
        cable.unclog()


@pytest_asyncio.fixture
async def tenant_id(database: Database) -> UUID:
    """A new organisation."""
    tenant_id = new_id()
    async with database.connection(tenant_id) as connection:
        await connection.execute("insert into organization (tenant_id, name) values ($1, 'Acme')", tenant_id)
    return tenant_id


@pytest.fixture
def owner_id() -> UUID:
    return new_id()
