"""The pools after Postgres has hung up: whoever comes next is served, and asks nothing beforehand."""

import asyncio
from contextlib import AsyncExitStack
from uuid import uuid4

import asyncpg
from sqlalchemy import text

from chatter.kit.db.database import Database
from chatter.kit.db.urls import DatabaseUrls

_PID = text("select pg_backend_pid()")


async def _pids(database: Database, *, count: int) -> set[int]:
    async with AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(database.unit(uuid4())) for _ in range(count)]
        return {(await session.execute(_PID)).scalar_one() for session in sessions}


async def test_a_unit_of_work_after_postgres_hung_up_is_served_by_a_new_connection(
    database_urls: DatabaseUrls, admin: asyncpg.Connection
) -> None:
    async with Database.open(database_urls, pool_size=3) as database:
        before = await _pids(database, count=3)
        assert len(before) == 3
        for pid in before:
            assert await admin.fetchval("select pg_terminate_backend($1)", pid)
        await asyncio.sleep(0.2)  # until the socket says so
        after = await _pids(database, count=3)
    assert len(after) == 3
    assert not after & before
