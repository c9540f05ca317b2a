"""Connections and the unit of work: one transaction, one tenant."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
from pgvector.asyncpg import register_vector
from sqlalchemy import Connection, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, with_loader_criteria

from chatter.kit.db.base import TenantScoped
from chatter.kit.db.connections import ConnectionPool
from chatter.kit.db.kept_levels import KeptLevels, LevelsKept
from chatter.kit.db.urls import DatabaseUrls

__all__ = ["AfterCommit", "Database", "HotConnection", "after_commit", "kept_levels"]

AfterCommit = Callable[[], Awaitable[None]]
HotConnection = asyncpg.Connection

_PLATFORM = 4
_TENANT = "tenant_id"
_AFTER_COMMIT = "after_commit"
_LEVELS = "levels"
_KEPT = "kept"


class Database:
    """The three ways to reach the database; all of them as a role without power over row-level security."""

    def __init__(
        self,
        engine: AsyncEngine,
        sessions: async_sessionmaker[AsyncSession],
        *,
        hot: ConnectionPool,
        platform: ConnectionPool,
        app_url: str,
    ) -> None:
        self.engine = engine
        self.sessions = sessions
        self.hot = hot
        """chatter_app with no tenant bound, for the plpgsql functions that bind it themselves."""
        self._platform = platform
        self._app_url = app_url
        self._levels = LevelsKept()

    @classmethod
    @asynccontextmanager
    async def open(cls, urls: DatabaseUrls, *, pool_size: int) -> "AsyncIterator[Database]":
        """Open the pools of one process; closes them at the end."""
        engine = create_async_engine(urls.app_sqlalchemy, pool_size=pool_size, max_overflow=pool_size)
        event.listen(engine.sync_engine, "checkout", _refuse_closed)
        sessions = async_sessionmaker(engine, expire_on_commit=False, sync_session_class=TenantSession)
        try:
            async with (
                ConnectionPool.open(urls.app, size=pool_size, init=register_vector) as hot,
                ConnectionPool.open(urls.platform, size=_PLATFORM) as platform,
            ):
                async with hot.acquire():  # nothing starts without a database
                    pass
                yield cls(engine, sessions, hot=hot, platform=platform, app_url=urls.app)
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def unit(self, tenant_id: UUID) -> AsyncIterator[AsyncSession]:
        """One transaction in one organisation: committed at the end, rolled back on an error."""
        async with self.sessions() as session:
            session.info[_TENANT] = tenant_id
            session.info[_AFTER_COMMIT] = []
            session.info[_LEVELS] = self._levels
            async with session.begin():
                yield session
            hooks: list[AfterCommit] = session.info[_AFTER_COMMIT]
        for hook in hooks:
            await hook()

    @asynccontextmanager
    async def connection(self, tenant_id: UUID) -> AsyncIterator[HotConnection]:
        """One raw asyncpg transaction with the tenant bound in the message that begins it."""
        async with self.hot.acquire() as connection:
            await connection.execute(f"begin; set local app.tenant_id = '{UUID(bytes=tenant_id.bytes)}'")
            try:
                yield connection
            except BaseException:
                if not connection.is_closed():
                    await connection.execute("rollback")
                raise
            await connection.execute("commit")

    @asynccontextmanager
    async def platform(self) -> AsyncIterator[HotConnection]:
        """As chatter_platform, which sees the rows of all tenants in the few tables that say so (jobs, outbox)."""
        async with self._platform.acquire() as connection:
            yield connection

    @asynccontextmanager
    async def hear(self, channel: str, heard: Callable[[str], None]) -> AsyncIterator[asyncio.Event]:
        """Call `heard` with each word sent on the channel; the event is set once the connection is lost."""
        connection = await asyncpg.connect(self._app_url)
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(channel, lambda _, __, ___, word: heard(str(word)))
            yield lost
        finally:
            connection.terminate()


def after_commit(session: AsyncSession, hook: AfterCommit) -> None:
    """Run `hook` once this unit has been committed; never when it was rolled back."""
    session.info[_AFTER_COMMIT].append(hook)


async def kept_levels(session: AsyncSession) -> KeptLevels:
    """The levels that the process keeps, as of the version that this unit began with."""
    kept: KeptLevels | None = session.info.get(_KEPT)
    if kept is None:
        await session.connection()  # begins the transaction, which would be next anyway
        kept = session.info[_KEPT]
    return kept


class TenantSession(Session):
    """A session that binds its tenant to each transaction and adds the predicate to each statement."""


@event.listens_for(TenantSession, "after_begin")
def _bind(session: Session, _: SessionTransaction, connection: Connection) -> None:
    tenant_id: UUID = session.info[_TENANT]
    version = connection.exec_driver_sql("select bind_tenant($1)", (tenant_id,)).scalar_one()
    levels: LevelsKept = session.info[_LEVELS]
    session.info[_KEPT] = levels.as_of(tenant_id, version)


@event.listens_for(TenantSession, "do_orm_execute")
def _add_predicate(state: ORMExecuteState) -> None:
    if (
        state.is_column_load
        or state.is_relationship_load
        or not (state.is_select or state.is_update or state.is_delete)
    ):
        return
    tenant_id = state.session.info[_TENANT]
    state.statement = state.statement.options(
        with_loader_criteria(TenantScoped, lambda model: model.tenant_id == tenant_id, include_aliases=True)
    )


def _refuse_closed(connection: Any, *_: object) -> None:
    """Let the pool open others once Postgres has hung up; to ask Postgres each time would cost three round trips."""
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError
