"""The people and processes of the chat tests, over a database of their own."""

import pytest_asyncio

from chatter.kit.db.urls import DatabaseUrls
from tests.chat.conftest import asker, chat_settings, here, newcomer, upstream
from tests.servers import Servers

__all__ = ["asker", "chat_database", "chat_settings", "here", "newcomer", "upstream"]


@pytest_asyncio.fixture(scope="session")
async def chat_database(servers: Servers, worker_id: str) -> DatabaseUrls:
    """Not that of the chat tests: a process over theirs would take over their runs, with another provider."""
    return await servers.database(f"chatter_analytics_{worker_id}")
