"""A pool of asyncpg connections for single statements and short transactions.

asyncpg's own pool takes each connection back in a task under a time limit: 0.08 ms of CPU beside the 0.1 ms of a small
statement, and a turn makes seven. Here a connection is back at once. One that was left in the midst of a statement or a
transaction is mended in the background before anybody else gets it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any

import asyncpg
import structlog

__all__ = ["ConnectionPool"]

_IDLE_SECONDS = 300.0
_PATIENCE = 10.0

log = structlog.get_logger()

Init = Callable[[asyncpg.Connection], Awaitable[None]]


class ConnectionPool:
    """At most `size` connections; whoever finds them all in use waits for one."""

    def __init__(self, url: str, *, size: int, init: Init | None = None) -> None:
        self._url = url
        self._size = size
        self._init = init
        self._free = asyncio.Semaphore(size)
        self._idle: list[tuple[asyncpg.Connection, float]] = []
        """Those that nobody uses, with the time since when (monotonic seconds); the last is the next to be used."""
        self._lent = 0
        self._filled = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, size: int, init: Init | None = None) -> "AsyncIterator[ConnectionPool]":
        """Connections are opened when they are needed, and closed at the end, once they are given back."""
        pool = cls(url, size=size, init=init)
        try:
            yield pool
        finally:
            await pool._close()

    def acquire(self) -> "_Loan":
        """One connection for as long as the context is open; raises what asyncpg raises when there is no database."""
        return _Loan(self)

    async def fetch(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        """Run one statement; returns its rows."""
        async with _Loan(self) as connection:
            rows: list[asyncpg.Record] = await connection.fetch(statement, *arguments)
            return rows

    async def fetchrow(self, statement: str, *arguments: object) -> asyncpg.Record | None:
        """Run one statement; returns its first row, None when there is none."""
        async with _Loan(self) as connection:
            row: asyncpg.Record | None = await connection.fetchrow(statement, *arguments)
            return row

    async def fetchval(self, statement: str, *arguments: object) -> Any:
        """Run one statement; returns the first value of its first row, None when there is none."""
        async with _Loan(self) as connection:
            return await connection.fetchval(statement, *arguments)

    async def execute(self, statement: str, *arguments: object) -> str:
        """Run one statement; returns its command tag."""
        async with _Loan(self) as connection:
            tag: str = await connection.execute(statement, *arguments)
            return tag

    def fill_soon(self) -> None:
        """Open the others in the background, once: each takes 10 ms of CPU, and many may come at the same time."""
        if not self._filled:
            self._filled = True
            self._spawn(self._fill())

    async def _fill(self) -> None:
        try:
            while self._lent + len(self._idle) < self._size:
                self._keep(await self._take(new=True))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.info("pool_not_filled", error=type(error).__name__)  # whoever needs one opens it

    async def _take(self, *, new: bool = False) -> asyncpg.Connection:
        await self._free.acquire()
        self._lent += 1
        try:
            self._refuse_when_closed()
            while self._idle and not new:
                connection, _ = self._idle.pop()
                if not connection.is_closed():  # as it is once Postgres has hung up
                    return connection
            return await self._connect()
        except BaseException:
            self._release()
            raise

    def _release(self) -> None:
        self._lent -= 1
        self._free.release()

    async def _connect(self) -> asyncpg.Connection:
        connection = await asyncpg.connect(self._url)
        try:
            if self._init is not None:
                await self._init(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection

    def _give_back(self, connection: asyncpg.Connection, *, broken_off: bool) -> None:
        if not connection.is_closed() and (broken_off or connection.is_in_transaction()):
            self._spawn(self._mend(connection))
        else:
            self._keep(connection)

    def _keep(self, connection: asyncpg.Connection) -> None:
        now = time.monotonic()
        if not connection.is_closed():
            self._idle.append((connection, now))
        self._release()
        if self._idle and now - self._idle[0][1] > _IDLE_SECONDS:
            unused, _ = self._idle.pop(0)
            self._spawn(_close(unused))

    async def _mend(self, connection: asyncpg.Connection) -> None:
        """End what was broken off: the statement, for whose end asyncpg waits before the next, and the transaction."""
        try:
            async with asyncio.timeout(_PATIENCE):
                with suppress(asyncpg.InFailedSQLTransactionError):
                    await connection.execute("select")
                if connection.is_in_transaction():
                    await connection.execute("rollback")
        except Exception as error:  # the outermost edge of this task: the place in the pool must become free
            log.warning("connection_dropped", error=type(error).__name__, exc_info=error)
            connection.terminate()
        self._keep(connection)

    async def _close(self) -> None:
        for _ in range(self._size):  # until each is given back
            await self._free.acquire()
        self._closed = True
        for connection, _ in self._idle:
            await _close(connection)
        self._idle.clear()
        for _ in range(self._size):  # whoever waited is refused
            self._free.release()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise asyncpg.InterfaceError("The pool is closed.")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Loan:
    """A connection of the pool's, from the beginning of the context to its end."""

    __slots__ = ("_connection", "_pool")

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    async def __aenter__(self) -> asyncpg.Connection:
        self._connection = await self._pool._take()
        return self._connection

    async def __aexit__(self, _: type | None, error: BaseException | None, __: TracebackType | None) -> None:
        """Without waiting for anything, so that whoever was cancelled gives it back too.

        Raise ConnectionDoesNotExistError when Postgres had said that it hangs up and the socket did not say so yet.
        """
        lost = isinstance(error, asyncpg.InternalClientError)
        if lost:
            self._connection.terminate()
        broken_off = isinstance(error, TimeoutError) or (error is not None and not isinstance(error, Exception))
        self._pool._give_back(self._connection, broken_off=broken_off and not lost)
        if lost:
            raise asyncpg.ConnectionDoesNotExistError("Postgres closed the connection.") from error


async def _close(connection: asyncpg.Connection) -> None:
    try:
        await connection.close(timeout=_PATIENCE)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()
