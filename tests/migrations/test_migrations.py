"""The migrations: applied by every installation, in both directions."""

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from chatter.kit.db.migrate import downgrade, upgrade
from chatter.kit.db.urls import DatabaseUrls
from chatter.registry import metadata
from tests.servers import Servers


async def test_migrations_go_up_and_down_and_up_again(servers: Servers, worker_id: str) -> None:
    urls = await servers.empty_database(f"chatter_updownup_{worker_id}")
    await upgrade(urls)
    first = await _tables(urls)
    await downgrade(urls, revision="base")
    assert await _tables(urls) == {"schema_version"}
    await upgrade(urls)
    assert await _tables(urls) == first


async def test_the_models_describe_exactly_the_migrated_tables(database_urls: DatabaseUrls) -> None:
    engine = create_async_engine(database_urls.admin_sqlalchemy, poolclass=NullPool)
    async with engine.connect() as connection:
        drift = await connection.run_sync(_drift)
    await engine.dispose()
    assert not drift, "\n".join(map(str, drift))


async def test_upgrading_twice_changes_nothing(database_urls: DatabaseUrls) -> None:
    before = await _tables(database_urls)
    await upgrade(database_urls)
    assert await _tables(database_urls) == before


def _drift(connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection, opts={"version_table": "schema_version", "compare_type": True, "include_name": _is_ours}
    )
    return list(compare_metadata(context, metadata()))


def _is_ours(name: str | None, kind: str, _: object) -> bool:
    """Partitions follow their parent table and have no model of their own."""
    return not (kind == "table" and name is not None and "_p" in name and name.rpartition("_p")[2].isdecimal())


async def _tables(urls: DatabaseUrls) -> set[str]:
    connection = await asyncpg.connect(urls.admin)
    try:
        rows = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    finally:
        await connection.close()
    return {row["tablename"] for row in rows}
