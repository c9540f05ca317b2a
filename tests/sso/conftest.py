"""An API that may call loopback, a provider there, and an organisation that signs in through it."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest_asyncio

from chatter.api import build_api
from chatter.kit.settings import Settings
from tests.llm.apps import calling
from tests.sso.company import Company, found_company
from tests.sso.evil_provider import EvilProvider, Mischief


@pytest_asyncio.fixture(scope="session")
async def sso_api(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    own = {"egress_allow": ["127.0.0.0/8"], "public_url": "http://chatter.test"}
    async with calling(build_api(settings.model_copy(update=own))) as client:
        yield client


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[EvilProvider]:
    """It forges nothing yet."""
    async with EvilProvider().serving() as serving:
        yield serving


@pytest_asyncio.fixture
async def company(
    sso_api: httpx.AsyncClient, provider: EvilProvider, admin: asyncpg.Connection
) -> AsyncIterator[Company]:
    found = await found_company(sso_api, provider, admin)
    yield found
    provider.mischief = Mischief()
