"""A fake provider on loopback and the sessions that may call it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from chatter.kit.http import HttpSessions
from chatter.kit.settings import Settings
from chatter.llm.adapters.wires import Wires
from tests.aimock.counterpart import Aimock, serve_aimock
from tests.upstream.server import Upstream, serve_upstream


@pytest_asyncio.fixture
async def upstream() -> AsyncIterator[Upstream]:
    """A provider that takes any key."""
    async with serve_upstream() as serving:
        yield serving


@pytest_asyncio.fixture
async def sessions() -> AsyncIterator[HttpSessions]:
    """HTTP sessions that may call loopback."""
    async with HttpSessions.open(Settings(egress_allow=["127.0.0.0/8"])) as opened:
        yield opened


@pytest.fixture
def wire(sessions: HttpSessions) -> Wires:
    return Wires(sessions)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def aimock() -> AsyncIterator[Aimock]:
    """A provider that nobody here wrote."""
    async with serve_aimock() as serving:
        yield serving
