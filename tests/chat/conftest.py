"""Two web processes on the same servers, a fake provider, and an organisation that has documents."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
import uvicorn
from litestar import Litestar

from chatter.api import build_api
from chatter.kit.db.urls import DatabaseUrls
from chatter.kit.job_runner import JobRunner
from chatter.kit.settings import Settings
from chatter.registry import DOMAINS
from tests.chat.person import Asker, Web, new_asker
from tests.people import PASSWORD, invitation_key
from tests.servers import Servers
from tests.upstream.server import Upstream, serve_upstream

HANDBOOK = """\
# Employee handbook

## Holidays

Employees receive 25 days of paid holiday each year. Unused holiday can be carried over until 31 March of the \
following year. Holiday requests go to the team lead at least two weeks ahead.

## Remote work

Remote work from outside the country is not allowed without written approval by the manager. The remote work allowance \
is 40 euros a month.
"""
MODELS = (
    *(
        "echo",
        "quote",
        "tokens-40@40",
        "tokens-40@20",
        "tokens-400@50",
        "cut-after-3",
        "rubbish",
        "no-finish",
        "429",
        "500",
        "html",
        "nul",
        "nul-error",
    ),
    *("error-event", "silent"),
)


@pytest_asyncio.fixture(scope="session")
async def upstream() -> AsyncIterator[Upstream]:
    """A provider of chat models and embeddings."""
    async with serve_upstream() as serving:
        yield serving


@pytest_asyncio.fixture(scope="session")
async def chat_database(servers: Servers, worker_id: str) -> DatabaseUrls:
    """A database without the processes of other tests: they would take over these tests' runs."""
    return await servers.database(f"chatter_chat_{worker_id}")


@pytest_asyncio.fixture(scope="session")
async def chat_settings(settings: Settings, chat_database: DatabaseUrls, upstream: Upstream) -> Settings:
    """Settings of a web process that may call the fake provider, also as its local models."""
    return settings.model_copy(
        update={
            "database_url": chat_database.admin,
            "egress_allow": [f"127.0.0.1:{upstream.port}"],
            "local_models_url": upstream.url,
        }
    )


@pytest_asyncio.fixture
async def admin(chat_database: DatabaseUrls) -> AsyncIterator[asyncpg.Connection]:
    """The superuser of that database: for looking, not for acting."""
    connection = await asyncpg.connect(chat_database.admin)
    yield connection
    await connection.close()


@pytest_asyncio.fixture(scope="session")
async def here(chat_settings: Settings) -> AsyncIterator[Web]:
    """A web process, over real HTTP."""
    async with serving(build_api(chat_settings)) as web:
        yield web


@pytest_asyncio.fixture(scope="session")
async def elsewhere(chat_settings: Settings) -> AsyncIterator[Web]:
    """Another web process of the same installation."""
    async with serving(build_api(chat_settings)) as web:
        yield web


@pytest_asyncio.fixture
async def newcomer(here: Web, upstream: Upstream) -> AsyncIterator[Asker]:
    """The owner of a new organisation that has models and no documents."""
    async with new_asker(here) as asker:
        await asker.add_provider(upstream.url, models=MODELS)
        yield asker


@pytest_asyncio.fixture
async def asker(newcomer: Asker) -> Asker:
    """The owner of a new organisation that has read the handbook."""
    await newcomer.upload("handbook.md", HANDBOOK)
    return newcomer


@contextlib.asynccontextmanager
async def serving(app: Litestar) -> AsyncIterator[Web]:
    """Serve an application on a free port of loopback."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="on"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.wait({task}, timeout=0.05)
        if task.done():
            await task
    port = server.servers[0].sockets[0].getsockname()[1]
    services = app.state.services
    jobs = JobRunner(services, [kind for domain in DOMAINS for kind in domain.jobs])
    try:
        yield Web(f"http://127.0.0.1:{port}/api/v1", services, jobs)
    finally:
        server.should_exit = True
        await task


@pytest.fixture
def upstream_bodies(upstream: Upstream) -> list[bytes]:
    """Bodies of the requests that the provider got."""
    return upstream.bodies


@pytest.fixture
async def reader(asker: Asker) -> Asker:
    """A colleague, signed in."""
    email = f"{uuid4().hex[:12]}@example.test"
    invited = await asker.post("/invitations", {"email": email, "role": "viewer"})
    key = invitation_key(asker.tenant_id, UUID(invited["id"]))
    body = {"name": "Bo Lind", "password": PASSWORD, **key}
    signed_in = await asker.post("/invitations/accept", body, expect=200)
    user_id = UUID(signed_in["user"]["id"])
    asker.session.cookie_jar.clear()
    return Asker(asker.web, asker.session, asker.tenant_id, user_id, signed_in["token"])
