"""The migrations: applied by every installation, in both directions."""

from typing import Any

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import TEXT, Connection, String
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.types import TypeEngine

from chatter.audit.models import Xid8
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


ischema_names.setdefault("xid8", Xid8)  # SQLAlchemy does not know the type


async def test_the_models_describe_exactly_the_migrated_tables(database_urls: DatabaseUrls) -> None:
    engine = create_async_engine(database_urls.admin_sqlalchemy, poolclass=NullPool)
    async with engine.connect() as connection:
        drift = await connection.run_sync(_drift)
    await engine.dispose()
    assert drift == []


async def test_upgrading_twice_changes_nothing(database_urls: DatabaseUrls) -> None:
    before = await _tables(database_urls)
    await upgrade(database_urls)
    assert await _tables(database_urls) == before


def _drift(connection: Connection) -> list[object]:
    """Compare tables, columns, types and nullability. Indexes, checks and functions are the migrations' alone."""
    ours = metadata()

    def has_model(name: str | None, kind: str, _: object) -> bool:
        """Partitions, and tables that only SQL functions use, have no model."""
        return kind != "index" and (kind != "table" or name in ours.tables)

    options = {"version_table": "schema_version", "compare_type": _differs, "include_name": has_model}
    differences = compare_metadata(MigrationContext.configure(connection, opts=options), ours)
    return [one for one in differences if not _is_index(one) and not _points_outside(one, models=set(ours.tables))]


def _differs(_: object, __: object, ___: object, found: TypeEngine[Any], wanted: TypeEngine[Any]) -> bool | None:
    """A text column is a plain `str` in a model; None leaves the judgement to alembic."""
    if isinstance(found, TEXT) and isinstance(wanted, String) and wanted.length is None:
        return False
    return None


def _is_index(difference: object) -> bool:
    return isinstance(difference, tuple) and str(difference[0]).endswith("_index")


def _points_outside(difference: object, *, models: set[str]) -> bool:
    """A foreign key to a table without a model (passages, which only SQL functions use) can't be in a model."""
    return (
        isinstance(difference, tuple)
        and difference[0] == "remove_fk"
        and difference[1].elements[0].target_fullname.partition(".")[0] not in models
    )


async def _tables(urls: DatabaseUrls) -> set[str]:
    connection = await asyncpg.connect(urls.admin)
    try:
        rows = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    finally:
        await connection.close()
    return {row["tablename"] for row in rows}
