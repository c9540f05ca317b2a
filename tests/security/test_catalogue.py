"""What the database itself promises, read from its catalogue."""

import tomllib
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.security.catalogue import GLOBAL_TABLES, TABLES, tenant_tables
from tests.security.stand import Stand

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

MAKERS = {"run_part_ahead", "run_part_drop_empty"}
"""Make and drop the months of the log, which only their owner may; for the worker alone, and numbers come back."""
GRANTS = """
select c.relname as "table", coalesce(r.rolname, 'public') as role,
    string_agg(distinct lower(a.privilege_type), ', ' order by lower(a.privilege_type)) as privileges
from pg_class c
cross join lateral (
    select * from aclexplode(c.relacl)
    union all select x.* from pg_attribute t cross join lateral aclexplode(t.attacl) x
    where t.attrelid = c.oid and t.attacl is not null) a
left join pg_roles r on r.oid = a.grantee
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S') and a.grantee <> c.relowner
group by c.relname, r.rolname
"""
UNIQUE = """
select i.indrelid, i.indexrelid::regclass::text as name,
    (select attname::text from pg_attribute a where a.attrelid = i.indrelid and a.attnum = i.indkey[0]) as first
from pg_index i where i.indisunique
"""
# Uniqueness beyond one organisation tells whether somebody else has the same: each has its reason.
UNIQUE_EVERYWHERE = {"mail_domain_verified": "a verified domain belongs to one organisation; whoever owns it proves it"}
SERVING = ("chatter_app", "chatter_platform", "chatter_identity", "chatter_search", "chatter_audit")
PRIVILEGES = tomllib.loads((Path(__file__).parent / "privileges.toml").read_text())


def _written(table: str, role: str) -> str | None:
    """What privileges.toml says; the role that serves people may read and write where nothing is said."""
    found: str | None = PRIVILEGES.get(table, {}).get(role, EVERYTHING if role == "chatter_app" else None)
    return found


EVERYTHING = "delete, insert, select, update"


async def test_a_unique_index_begins_with_the_tenant_or_has_a_reason(stand: Stand) -> None:
    tables = {row["oid"] for row in await stand.admin.fetch(TABLES) if row["relname"] not in GLOBAL_TABLES}
    rows = [row for row in await stand.admin.fetch(UNIQUE) if row["indrelid"] in tables]
    assert len(rows) > 20
    assert {row["name"] for row in rows if row["first"] != "tenant_id"} == set(UNIQUE_EVERYWHERE)


async def test_every_table_forces_row_level_security_or_is_listed_with_a_reason(stand: Stand) -> None:
    loose = [
        row["relname"]
        for row in await tenant_tables(stand.admin)
        if not (row["relrowsecurity"] and row["relforcerowsecurity"])
    ]
    assert loose == []


async def test_the_list_of_global_tables_names_only_tables_that_exist(stand: Stand) -> None:
    assert {row["relname"] for row in await stand.admin.fetch(TABLES)} >= GLOBAL_TABLES


async def test_every_tenant_table_has_the_tenant_first_in_its_primary_key(stand: Stand) -> None:
    first = {row["conrelid"]: row["first"] for row in await stand.admin.fetch(PRIMARY_KEYS)}
    wrong = [row["relname"] for row in await tenant_tables(stand.admin) if first.get(row["oid"]) != "tenant_id"]
    assert wrong == []


async def test_every_foreign_key_between_tenant_tables_carries_the_tenant(stand: Stand) -> None:
    keys = await stand.admin.fetch(FOREIGN_KEYS)
    assert keys
    between = [row for row in keys if not {row["source"], row["target"]} & GLOBAL_TABLES]
    loose = [row["conname"] for row in between if "tenant_id" not in row["columns"]]
    assert loose == []


async def test_no_foreign_key_would_null_the_tenant(stand: Stand) -> None:
    rows = await stand.admin.fetch(
        "select conname from pg_constraint where contype = 'f' and confdeltype = 'n' and array_length(conkey, 1) > 1 "
        "and confdelsetcols is null"
    )
    assert [row["conname"] for row in rows] == []


async def test_every_policy_of_the_application_compares_the_bound_tenant(stand: Stand) -> None:
    policies = [row for row in await stand.admin.fetch(POLICIES) if {"chatter_app", "public"} & {*row["roles"]}]
    for row in policies:
        assert row["roles"] == ["chatter_app"], row["policyname"]
        for rule in (row["qual"], row["with_check"]):
            assert rule is not None, row["policyname"]
            assert "tenant_id = " in rule, row["policyname"]
            assert "app.tenant_id" in rule, row["policyname"]
    assert {row["tablename"] for row in policies} == {row["relname"] for row in await tenant_tables(stand.admin)}


async def test_partitions_have_no_grants_so_none_can_be_read_past_the_policy(stand: Stand) -> None:
    rows = await stand.admin.fetch(
        "select c.relname from pg_class c where c.relispartition and c.relkind = 'r' and exists ("
        "select from aclexplode(c.relacl) a where a.grantee <> c.relowner)"
    )
    assert [row["relname"] for row in rows] == []


async def test_no_role_of_the_program_has_power_over_row_level_security(stand: Stand) -> None:
    rows = await stand.admin.fetch(
        "select rolname from pg_roles where rolname like 'chatter\\_%' and (rolsuper or rolbypassrls)"
    )
    assert [row["rolname"] for row in rows] == []


async def test_the_application_owns_nothing(stand: Stand) -> None:
    owners = {row["owner"] for row in await stand.admin.fetch(TABLES)}
    assert owners == {"chatter_owner"}


async def test_functions_that_run_with_other_rights_pin_their_search_path_and_are_not_public(stand: Stand) -> None:
    definers = await stand.admin.fetch(DEFINERS)
    assert definers
    for row in definers:
        owners = (
            {"chatter_owner"} if row["proname"] in MAKERS else {"chatter_identity", "chatter_search", "chatter_audit"}
        )
        assert row["owner"] in owners, row["proname"]
        assert any(setting.startswith("search_path=pg_catalog") for setting in row["proconfig"] or ()), row["proname"]
        allowed = {entry.partition("=")[0] for entry in (row["acl"] or "{=X}").strip("{}").split(",")}
        assert allowed <= {"chatter_app", "chatter_platform", row["owner"]}, row["proname"]


async def test_without_a_bound_tenant_no_table_shows_a_row(stand: Stand) -> None:
    for row in await tenant_tables(stand.admin):
        if await stand.admin.fetchval("select has_table_privilege('chatter_app', $1::oid, 'select')", row["oid"]):
            assert await stand.app.fetchval(f'select count(*) from "{row["relname"]}"') == 0, row["relname"]


async def test_the_application_can_not_read_the_identity_plane(stand: Stand) -> None:
    for table in GLOBAL_TABLES:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await stand.app.fetchval(f'select count(*) from "{table}"')


async def test_a_row_of_another_tenant_can_not_be_written(stand: Stand) -> None:
    mine, other = uuid4(), uuid4()
    async with stand.app.transaction():
        await bind(stand.app, mine)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await stand.app.execute("insert into organization (tenant_id, name) values ($1, 'theirs')", other)


async def test_audit_rows_can_be_added_but_never_changed_or_removed(stand: Stand) -> None:
    for statement in ("update audit_event set action = 'x'", "delete from audit_event", "truncate audit_event"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await stand.app.execute(statement)


async def test_neither_the_time_nor_the_transaction_of_an_audit_row_is_for_the_application_to_say(stand: Stand) -> None:
    """The order of the chain rests on them. The tenant is bound, so that nothing but the column can be refused."""
    mine = uuid4()
    for column, value in (("at", "now()"), ("txid", "'1'")):
        async with stand.app.transaction():
            await bind(stand.app, mine)
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await stand.app.execute(
                    f"insert into audit_event (tenant_id, id, actor_kind, actor_role, request_id, action, {column}) "
                    f"values ($1, uuidv7(), 'system', '', '', 'test:bell:rung', {value})",
                    mine,
                )


async def test_the_bound_tenant_ends_with_its_transaction(stand: Stand) -> None:
    async with stand.app.transaction():
        await bind(stand.app, uuid4())
    assert await stand.app.fetchval("select nullif(current_setting('app.tenant_id', true), '')") is None


async def test_whoever_has_a_right_to_a_table_has_a_policy_that_says_for_which_rows(stand: Stand) -> None:
    """A grant without a policy shows nothing: what used to work has lost its policy."""
    policies = {(row["tablename"], role) for row in await stand.admin.fetch(POLICIES) for role in row["roles"]}
    for row in await tenant_tables(stand.admin):
        for role in SERVING:
            if await stand.admin.fetchval("select has_any_column_privilege($1, $2::oid, 'select')", role, row["oid"]):
                assert (row["relname"], role) in policies, (row["relname"], role)


async def test_nobody_may_do_more_to_a_table_than_is_written_down(stand: Stand) -> None:
    unlike = {
        f"{row['table']}.{row['role']}": row["privileges"]
        for row in await stand.admin.fetch(GRANTS)
        if row["privileges"] != _written(row["table"], row["role"])
    }
    assert unlike == {}, "tests/security/privileges.toml says something else"


async def test_everybody_else_has_no_rights_at_all(stand: Stand) -> None:
    others = {row["role"] for row in await stand.admin.fetch(GRANTS)} - {*SERVING}
    assert others == set()


async def bind(connection: asyncpg.Connection, tenant_id: UUID) -> None:
    await connection.execute("select set_config('app.tenant_id', $1, true)", str(tenant_id))
