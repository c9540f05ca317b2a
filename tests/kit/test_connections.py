"""The pool: bounded, quick to reuse, and never a connection in the state that somebody else left it in."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from chatter.kit.db.connections import ConnectionPool
from chatter.kit.db.database import Database
from chatter.kit.db.urls import DatabaseUrls

_PID = "select pg_backend_pid()"
_TENANT = "select current_setting('app.tenant_id', true)"


@pytest_asyncio.fixture
async def pool(database_urls: DatabaseUrls) -> AsyncIterator[ConnectionPool]:
    async with ConnectionPool.open(database_urls.app, size=2) as pool:
        yield pool


async def _mended(pool: ConnectionPool, *, size: int = 2) -> set[int]:
    """The processes of all connections that the pool lends at once."""
    async with AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(pool.acquire()) for _ in range(size)]
        return {await connection.fetchval(_PID) for connection in connections}


async def _running(admin: asyncpg.Connection, pids: Iterable[int], *, until: int) -> int:
    """How many of these processes Postgres still has, after at most ten seconds."""
    for _ in range(200):
        count: int = await admin.fetchval("select count(*) from pg_stat_activity where pid = any($1)", list(pids))
        if count == until:
            break
        await asyncio.sleep(0.05)
    return count


async def _at_least(count: int, found: list[asyncpg.Connection]) -> None:
    """Wait for so many, ten seconds at most."""
    for _ in range(200):
        if len(found) >= count:
            return
        await asyncio.sleep(0.05)
    raise TimeoutError(f"{len(found)} of {count}")


async def test_one_statement_after_another_is_asked_on_the_same_connection(pool: ConnectionPool) -> None:
    assert len({await pool.fetchval(_PID) for _ in range(5)}) == 1
    assert [dict(row) for row in await pool.fetch("select generate_series(1, $1::int) as n", 2)] == [{"n": 1}, {"n": 2}]
    assert await pool.fetchrow("select 1 where false") is None
    assert await pool.execute("set application_name = 'pool'") == "SET"


async def test_whoever_finds_all_in_use_waits_until_one_is_given_back(pool: ConnectionPool) -> None:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(pool.acquire())
        async with pool.acquire():
            waiting = asyncio.create_task(pool.fetchval(_PID))
            cancelled = asyncio.create_task(pool.fetchval(_PID))
            await asyncio.sleep(0.1)
            assert not waiting.done()
            cancelled.cancel()
        assert await waiting != await first.fetchval(_PID)
    assert len(await _mended(pool)) == 2


async def test_a_statement_that_was_cancelled_is_ended_and_its_connection_used_again(pool: ConnectionPool) -> None:
    before = await pool.fetchval(_PID)
    asking = asyncio.create_task(pool.execute("select pg_sleep(60)"))
    await asyncio.sleep(0.1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert before in await _mended(pool)
    async with pool.acquire() as connection:
        running = "select count(*) from pg_stat_activity where state = 'active' and query like 'select pg_sleep%'"
        assert await connection.fetchval(running) == 0


async def test_a_statement_that_took_too_long_leaves_a_connection_that_answers(pool: ConnectionPool) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await pool.fetchval("select pg_sleep(60)")
    with pytest.raises(TimeoutError):
        async with pool.acquire() as connection:
            await connection.fetchval("select pg_sleep(60)", timeout=0.1)
    assert len(await _mended(pool)) == 2


@pytest.mark.parametrize("delay", [0.0, 0.001, 0.002, 0.004, 0.008])
async def test_whoever_is_cancelled_within_a_transaction_leaves_nobody_their_organisation(
    database_urls: DatabaseUrls, delay: float
) -> None:
    async with Database.open(database_urls, pool_size=1) as database:

        async def work() -> None:
            async with database.connection(uuid4()) as connection:
                await connection.execute("select pg_sleep(0.002)")
                await connection.execute("select pg_sleep(60)")

        for _ in range(10):
            working = asyncio.create_task(work())
            await asyncio.sleep(delay)
            working.cancel()
            await asyncio.wait({working})
            async with database.hot.acquire() as connection:
                assert not connection.is_in_transaction()
                assert await connection.fetchval(_TENANT) in {None, ""}


async def test_a_transaction_that_somebody_left_open_is_rolled_back(pool: ConnectionPool) -> None:
    async with pool.acquire() as connection:
        await connection.execute("begin; set local app.tenant_id = 'left'")
        left = await connection.fetchval(_PID)
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with pool.acquire() as connection:
            await connection.execute("begin; select 1/0")
    async with AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(pool.acquire()) for _ in range(2)]
        assert left in {await connection.fetchval(_PID) for connection in connections}
        assert not any(connection.is_in_transaction() for connection in connections)
        assert {await connection.fetchval(_TENANT) for connection in connections} <= {None, ""}


async def test_what_postgres_refuses_costs_no_connection(pool: ConnectionPool) -> None:
    before = await pool.fetchval(_PID)
    with pytest.raises(asyncpg.UndefinedTableError):
        await pool.fetch("select * from nowhere")
    assert await pool.fetchval(_PID) == before


async def test_a_connection_that_postgres_closed_is_replaced(pool: ConnectionPool, admin: asyncpg.Connection) -> None:
    before = await _mended(pool)
    for pid in before:
        assert await admin.fetchval("select pg_terminate_backend($1)", pid)
    await asyncio.sleep(0.2)  # until the socket says so
    after = await _mended(pool)
    assert len(after) == 2
    assert not after & before


async def test_a_connection_lost_in_the_midst_of_a_statement_is_replaced(
    pool: ConnectionPool, admin: asyncpg.Connection
) -> None:
    before = await pool.fetchval(_PID)
    asking = asyncio.create_task(pool.execute("select pg_sleep(60)"))
    await asyncio.sleep(0.1)
    assert await admin.fetchval("select pg_terminate_backend($1)", before)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
        await asking
    assert len(await _mended(pool) - {before}) == 2


async def test_a_connection_that_postgres_is_about_to_close_is_replaced(pool: ConnectionPool) -> None:
    before = await pool.fetchval(_PID)

    async def use() -> None:
        async with pool.acquire():
            raise asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress")

    with pytest.raises(asyncpg.ConnectionDoesNotExistError):
        await use()
    assert len(await _mended(pool) - {before}) == 2


async def test_a_pool_that_is_filled_in_time_opens_nothing_for_a_crowd(database_urls: DatabaseUrls) -> None:
    opened: list[asyncpg.Connection] = []

    async def note(connection: asyncpg.Connection) -> None:
        opened.append(connection)

    async with ConnectionPool.open(database_urls.app, size=3, init=note) as pool:
        async with pool.acquire():  # counts as one of them
            pool.fill_soon()
            pool.fill_soon()
            await _at_least(3, opened)
        assert len(await _mended(pool, size=3)) == len(opened) == 3


async def test_a_pool_that_cannot_be_filled_opens_what_is_needed_later(database_urls: DatabaseUrls) -> None:
    tried: list[asyncpg.Connection] = []

    async def fail_first(connection: asyncpg.Connection) -> None:
        tried.append(connection)
        if len(tried) == 1:
            raise asyncpg.CannotConnectNowError("starting up")

    async with ConnectionPool.open(database_urls.app, size=2, init=fail_first) as pool:
        pool.fill_soon()
        await _at_least(1, tried)
        assert len(await _mended(pool)) == 2


async def test_what_nobody_used_for_long_is_closed(
    pool: ConnectionPool, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = await _mended(pool)
    monkeypatch.setattr("chatter.kit.db.connections._IDLE_SECONDS", 0.0)
    kept = await pool.fetchval(_PID)
    assert kept in both
    assert await _running(admin, both, until=1) == 1


async def test_a_failed_beginning_costs_no_connection(database_urls: DatabaseUrls, admin: asyncpg.Connection) -> None:
    opened: list[int] = []

    async def fail(connection: asyncpg.Connection) -> None:
        opened.append(await connection.fetchval(_PID))
        raise ValueError("no")

    async with ConnectionPool.open(database_urls.app, size=1, init=fail) as pool:
        for _ in range(2):
            async with asyncio.timeout(10):
                with pytest.raises(ValueError, match="no"):
                    await pool.fetchval(_PID)
    assert await _running(admin, opened, until=0) == 0


async def test_the_pool_is_closed_once_all_is_given_back_and_then_lends_nothing(database_urls: DatabaseUrls) -> None:
    async with ConnectionPool.open(database_urls.app, size=2) as pool:
        working = asyncio.create_task(pool.fetchval("select 'whole' from pg_sleep(0.2)"))
        await asyncio.sleep(0.05)
    assert await working == "whole"
    with pytest.raises(asyncpg.InterfaceError, match="closed"):
        await pool.fetchval(_PID)
