"""The migrations: applied by every installation, in both directions."""

from datetime import UTC, datetime
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

LOG = """
with home as (insert into organization (tenant_id, name) values (uuidv7(), 'Acme') returning tenant_id),
runs as (
    insert into run (tenant_id, id, kind, subject_id, owner_id)
    select tenant_id, id, 'test', id, id
    from home, (select date_trunc('month', now()) + interval '14 days' as middle) as month,
        unnest(array[uuidv7(middle - '14 months'::interval - now()), uuidv7(middle - '1 month'::interval - now()),
            uuidv7(middle - now()), 'f0000000-0000-4000-8000-000000000000']) as id
    returning tenant_id, id)
insert into run_part (tenant_id, run_id, first_seq, last_seq, frames)
select tenant_id, id, 1, 1, 'what was said' from runs
"""
PARTS = "select tableoid::regclass::text as name, frames from run_part order by run_id"
SERVICE_ACCOUNTS = """
with person as (
    insert into app_user (id, email, name, password_hash)
    values (uuidv7(), 'dana@acme.test', 'Dana', 'x') returning id),
home as (insert into organization (tenant_id, name) values (uuidv7(), 'Acme') returning tenant_id),
account as (
    insert into service_account (tenant_id, id, name, created_by)
    select tenant_id, uuidv7(), 'Import', person.id from home, person returning tenant_id, id),
members as (
    insert into membership (tenant_id, user_id, kind, role)
    select tenant_id, id, 'service', 'member' from account union all
    select tenant_id, person.id, 'person', 'owner' from home, person),
conversations as (
    insert into conversation (tenant_id, id, owner_id) select tenant_id, uuidv7(), id from account union all
    select tenant_id, uuidv7(), person.id from home, person),
own_role as (
    insert into role (tenant_id, id, name, created_by)
    select tenant_id, uuidv7(), 'Reader', person.id from home, person returning tenant_id, id)
insert into invitation (tenant_id, id, email, role, token_hash, invited_by, expires_at)
select tenant_id, uuidv7(), 'bo@acme.test', 'custom:' || own_role.id, 'x', person.id, now() from own_role, person
"""


async def test_migrations_go_up_and_down_and_up_again(servers: Servers, worker_id: str) -> None:
    urls = await servers.empty_database(f"chatter_updownup_{worker_id}")
    await upgrade(urls)
    first = await _tables(urls)
    await downgrade(urls, revision="base")
    assert await _tables(urls) == {"schema_version"}
    await upgrade(urls)
    assert await _tables(urls) == first


async def test_service_accounts_and_what_they_own_go_with_their_revision(servers: Servers, worker_id: str) -> None:
    urls = await servers.empty_database(f"chatter_down_{worker_id}")
    await upgrade(urls)
    connection = await asyncpg.connect(urls.admin)
    try:
        await connection.execute(SERVICE_ACCOUNTS)
        await downgrade(urls, revision="0012_rbac")
        assert [row["role"] for row in await connection.fetch("select role from membership")] == ["owner"]
        assert await connection.fetchval("select count(*) from conversation") == 1
        assert await connection.fetchval("select role from invitation") == "viewer"
    finally:
        await connection.close()


async def test_the_log_of_runs_is_moved_into_the_months_of_its_runs_and_back(servers: Servers, worker_id: str) -> None:
    urls = await servers.empty_database(f"chatter_log_{worker_id}")
    await upgrade(urls)
    connection = await asyncpg.connect(urls.admin)
    try:
        await downgrade(urls, revision="0039_payloads")
        await connection.execute(LOG)
        await upgrade(urls)
        parts = await connection.fetch(PARTS)
        now = datetime.now(UTC)
        months = [divmod(now.year * 12 + now.month - 1 - ago, 12) for ago in (14, 1, 0)]
        expected = [f"run_part_{year}_{month + 1:02}" for year, month in months]
        assert [row["name"] for row in parts] == [*expected, "run_part_rest"]
        assert {bytes(row["frames"]) for row in parts} == {b"what was said"}
        await downgrade(urls, revision="0039_payloads")
        assert [row["name"] for row in await connection.fetch(PARTS)] == ["run_part"] * 4
    finally:
        await connection.close()


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
