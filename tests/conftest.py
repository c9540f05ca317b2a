"""What tests of every domain share: real servers, one migrated database a worker, the services of a process.

Tests are kept apart by organisations of their own, which row-level security keeps apart anyway: nothing is truncated.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio
import structlog
from litestar import Litestar

from chatter.api import build_api
from chatter.kit.db.database import Database
from chatter.kit.db.urls import DatabaseUrls
from chatter.kit.services import Services
from chatter.kit.settings import Settings
from tests.limits import UNHURRIED
from tests.people import Person, asgi, sign_up
from tests.servers import SECRET_KEY, Servers, end_run, lead_run, noted, worker_number


def pytest_configure(config: pytest.Config) -> None:
    # As the product's: to draw one traceback with all its locals can stop the loop for seconds, longer than a lease.
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])
    os.environ["CHATTER_RATE_LIMITS"] = UNHURRIED
    if not hasattr(config, "workerinput"):
        lead_run()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell the figures of this run; an attack that came through is a test that failed."""
    red = [*terminalreporter.stats.get("failed", ()), *terminalreporter.stats.get("error", ())]
    leaks = sum(report.nodeid.startswith("tests/security/") for report in red)
    for figure in noted():
        terminalreporter.write_line(figure.format(leaks=f"{leaks} leaks" if leaks == 0 else f"{leaks} TESTS FAILED"))


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        end_run()


@pytest.fixture(scope="session")
def servers() -> Servers:
    """The embedded Postgres and Valkey of this run."""
    return Servers.of_this_run()


@pytest_asyncio.fixture(scope="session")
async def database_urls(servers: Servers, worker_id: str) -> DatabaseUrls:
    """A migrated database that belongs to this worker."""
    return await servers.database(f"chatter_{worker_id}")


@pytest.fixture(scope="session")
def settings(
    servers: Servers, database_urls: DatabaseUrls, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Settings of a process that uses this worker's database; anybody may sign up."""
    return Settings(
        data_dir=_fresh(tmp_path_factory),
        secret_key=SECRET_KEY,
        database_url=database_urls.admin,
        redis_url=servers.redis_url(worker_number(worker_id)),
        sign_up_open=True,
        local_models_url="http://127.0.0.1:9/v1",  # nobody listens: tests that need models start some
        dashboard=False,
    )


@pytest_asyncio.fixture(scope="session")
async def services(settings: Settings) -> AsyncIterator[Services]:
    """The services of one process."""
    async with Services.open(settings) as opened:
        yield opened


@pytest.fixture(scope="session")
def database(services: Services) -> Database:
    return services.database


@pytest_asyncio.fixture(scope="session")
async def api(settings: Settings) -> AsyncIterator[Litestar]:
    """The API of one process, without the dashboard."""
    app = build_api(settings)
    started, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:  # a lifespan must end in the task that began it; fixtures end in another
        async with app.lifespan():
            started.set()
            await stop.wait()

    living = asyncio.create_task(live())
    begun = asyncio.create_task(started.wait())
    await asyncio.wait({living, begun}, return_when=asyncio.FIRST_COMPLETED)
    if living.done():
        begun.cancel()
        await living
    yield app
    stop.set()
    await living


@pytest_asyncio.fixture(scope="session")
async def client(api: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Talks to the API in process; answers come whole, so streams need a client of their own."""
    transport = asgi(api)
    async with httpx.AsyncClient(transport=transport, base_url="http://chatter.test") as opened:
        yield opened


@pytest_asyncio.fixture
async def owner(client: httpx.AsyncClient) -> Person:
    """The owner of a new organisation."""
    return await sign_up(client)


@pytest_asyncio.fixture
async def admin(database_urls: DatabaseUrls) -> AsyncIterator[asyncpg.Connection]:
    """The superuser of this worker's database, who sees everything: for looking, not for acting."""
    connection = await asyncpg.connect(database_urls.admin)
    yield connection
    await connection.close()


def _fresh(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("data")
