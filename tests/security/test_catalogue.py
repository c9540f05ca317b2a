"""What the database itself promises, read from its catalogue."""

import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from chatter.kit.db.urls import DatabaseUrls

GLOBAL_TABLES = frozenset(tomllib.loads((Path(__file__).parents[1] / "architecture/global_tables.toml").read_text()))

TABLES = """
select c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relispartition,
    pg_get_userbyid(c.relowner) as owner
from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by c.relname
"""
# tenant_id must be the first column of the primary key, and part of every foreign key between tenant tables.
PRIMARY_KEYS = """
select c.conrelid,
    (select attname from pg_attribute a where a.attrelid = c.conrelid and a.attnum = c.conkey[1]) as first
from pg_constraint c where c.contype = 'p'
"""
FOREIGN_KEYS = """
select c.conname, c.conrelid::regclass::text as source, c.confrelid::regclass::text as target, c.confdelsetcols,
    array(select attname::text from unnest(c.conkey) k
        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k) as columns
from pg_constraint c where c.contype = 'f' and c.conparentid = 0
"""
POLICIES = (
    "select tablename, policyname, roles::text[], cmd, qual, with_check from pg_policies where schemaname = 'public'"
)
DEFINERS = """
select p.proname, pg_get_userbyid(p.proowner) as owner, p.proconfig, p.proacl::text as acl from pg_proc p
where p.prosecdef and p.pronamespace = 'public'::regnamespace
"""


@pytest.fixture
async def app(database_urls: DatabaseUrls) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_urls.app)
    yield connection
    await connection.close()


async def tenant_tables(admin: asyncpg.Connection) -> list[asyncpg.Record]:
    return [
        row for row in await admin.fetch(TABLES) if row["relname"] not in GLOBAL_TABLES and not row["relispartition"]
    ]


async def test_every_table_forces_row_level_security_or_is_listed_with_a_reason(admin: asyncpg.Connection) -> None:
    loose = [
        row["relname"]
        for row in await tenant_tables(admin)
        if not (row["relrowsecurity"] and row["relforcerowsecurity"])
    ]
    assert loose == []


async def test_the_list_of_global_tables_names_only_tables_that_exist(admin: asyncpg.Connection) -> None:
    assert {row["relname"] for row in await admin.fetch(TABLES)} >= GLOBAL_TABLES


async def test_every_tenant_table_has_the_tenant_first_in_its_primary_key(admin: asyncpg.Connection) -> None:
    first = {row["conrelid"]: row["first"] for row in await admin.fetch(PRIMARY_KEYS)}
    wrong = [row["relname"] for row in await tenant_tables(admin) if first.get(row["oid"]) != "tenant_id"]
    assert wrong == []


async def test_every_foreign_key_between_tenant_tables_carries_the_tenant(admin: asyncpg.Connection) -> None:
    keys = await admin.fetch(FOREIGN_KEYS)
    assert keys
    loose = [row["conname"] for row in keys if row["target"] not in GLOBAL_TABLES and "tenant_id" not in row["columns"]]
    assert loose == []


async def test_no_foreign_key_would_null_the_tenant(admin: asyncpg.Connection) -> None:
    rows = await admin.fetch(
        "select conname from pg_constraint where contype = 'f' and confdeltype = 'n' and array_length(conkey, 1) > 1 "
        "and confdelsetcols is null"
    )
    assert [row["conname"] for row in rows] == []


async def test_every_policy_of_the_application_compares_the_bound_tenant(admin: asyncpg.Connection) -> None:
    policies = [row for row in await admin.fetch(POLICIES) if "chatter_app" in row["roles"] or "public" in row["roles"]]
    for row in policies:
        assert row["roles"] == ["chatter_app"], row["policyname"]
        for rule in (row["qual"], row["with_check"]):
            assert rule is not None, row["policyname"]
            assert "tenant_id = " in rule, row["policyname"]
            assert "app.tenant_id" in rule, row["policyname"]
    assert {row["tablename"] for row in policies} == {row["relname"] for row in await tenant_tables(admin)}


async def test_partitions_have_no_grants_so_none_can_be_read_past_the_policy(admin: asyncpg.Connection) -> None:
    rows = await admin.fetch(
        "select c.relname from pg_class c where c.relispartition and c.relkind = 'r' and exists ("
        "select from aclexplode(c.relacl) a where a.grantee <> c.relowner)"
    )
    assert [row["relname"] for row in rows] == []


async def test_no_role_of_the_program_has_power_over_row_level_security(admin: asyncpg.Connection) -> None:
    rows = await admin.fetch(
        "select rolname from pg_roles where rolname like 'chatter\\_%' and (rolsuper or rolbypassrls)"
    )
    assert [row["rolname"] for row in rows] == []


async def test_the_application_owns_nothing(admin: asyncpg.Connection) -> None:
    owners = {row["owner"] for row in await admin.fetch(TABLES)}
    assert owners == {"chatter_owner"}


async def test_functions_that_run_with_other_rights_pin_their_search_path_and_are_not_public(
    admin: asyncpg.Connection,
) -> None:
    definers = await admin.fetch(DEFINERS)
    assert definers
    for row in definers:
        assert row["owner"] in {"chatter_identity", "chatter_search", "chatter_audit"}, row["proname"]
        assert any(setting.startswith("search_path=pg_catalog") for setting in row["proconfig"] or ()), row["proname"]
        allowed = {entry.partition("=")[0] for entry in (row["acl"] or "{=X}").strip("{}").split(",")}
        assert allowed <= {"chatter_app", "chatter_platform", row["owner"]}, row["proname"]


async def test_without_a_bound_tenant_no_table_shows_a_row(admin: asyncpg.Connection, app: asyncpg.Connection) -> None:
    for row in await tenant_tables(admin):
        if await admin.fetchval("select has_table_privilege('chatter_app', $1::oid, 'select')", row["oid"]):
            assert await app.fetchval(f'select count(*) from "{row["relname"]}"') == 0, row["relname"]


async def test_the_application_can_not_read_the_identity_plane(app: asyncpg.Connection) -> None:
    for table in GLOBAL_TABLES:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.fetchval(f'select count(*) from "{table}"')


async def test_a_row_of_another_tenant_can_not_be_written(app: asyncpg.Connection) -> None:
    mine, other = uuid4(), uuid4()
    async with app.transaction():
        await bind(app, mine)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute("insert into organization (tenant_id, name) values ($1, 'theirs')", other)


async def test_audit_rows_can_be_added_but_never_changed_or_removed(app: asyncpg.Connection) -> None:
    for statement in ("update audit_event set action = 'x'", "delete from audit_event", "truncate audit_event"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(statement)


async def test_the_bound_tenant_ends_with_its_transaction(app: asyncpg.Connection) -> None:
    async with app.transaction():
        await bind(app, uuid4())
    assert await app.fetchval("select nullif(current_setting('app.tenant_id', true), '')") is None


async def bind(connection: asyncpg.Connection, tenant_id: UUID) -> None:
    await connection.execute("select set_config('app.tenant_id', $1, true)", str(tenant_id))
