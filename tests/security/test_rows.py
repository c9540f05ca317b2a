"""Row-level security alone: statements that forget the tenant, sent as the role that serves people.

The cases come from the catalogue, and the foreign keys from the models, so that one that is missing in the database is
found as well.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy import ForeignKeyConstraint

from chatter.registry import metadata
from tests.security.catalogue import GLOBAL_TABLES, tenant_tables
from tests.security.stand import Stand
from tests.security.world import KEYS, World, digest

PRIVILEGES = """
select has_table_privilege('chatter_app', $1::text, 'select') as s,
    has_table_privilege('chatter_app', $1::text, 'insert') as i,
    has_any_column_privilege('chatter_app', $1::text, 'update') as u,
    has_table_privilege('chatter_app', $1::text, 'delete') as d
"""
REFERENCES = {
    "version_id": "document_version",
    "parent_id": "message",
    "active_leaf_id": "message",
    "default_model_id": "model",
}
"""What columns refer to whose name does not say it."""
DERIVED = {
    "membership.role_id": {"role": "custom:{}"},
    "invitation.role_id": {"role": "custom:{}"},
    "identity_provider_mapping.role_id": {"role": "custom:{}"},
    "scim_group_role.role_id": {"role": "custom:{}"},
    "model_role.role_id": {"role": "custom:{}"},
    "membership.service_account_id": {"kind": "service", "role": "viewer", "user_id": "{}"},
    "resource_grant.user_id": {"subject_kind": "user", "subject_id": "{}"},
    "resource_grant.team_id": {"subject_kind": "team", "subject_id": "{}"},
}
"""Columns that the database makes of others, and what those hold."""
NO_REFERENCES = {
    "audit_event.run_id",  # what has happened stays in the log when the run is gone
    "message.model_id",  # remembers which model answered, after it is gone
    "queued_message.model_id",  # looked up in its organisation when it is asked; the built-in one has no row
    "model_usage.run_id",  # what was used stays on the bill when the run is gone
    "model_usage.model_id",  # likewise the model
    "model_usage.provider_id",  # and the provider
    "checkpoint.parent_id",  # a name within the run
}
PARTITIONS = "select oid::regclass::text as name from pg_class where relispartition and relkind = 'r'"
TYPES = """
select attname, format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = $1::text::regclass
"""


async def test_a_statement_without_a_tenant_reads_none_of_the_victims_rows(stand: Stand) -> None:
    async with _bound(stand, stand.attacker):
        for table, may in await _tables(stand):
            if may["s"]:
                stand.attacks += 1
                found = await stand.app.fetchval(
                    f"select count(*) from {table} where tenant_id <> $1", stand.attacker.person.organization_id
                )
                assert found == 0, table
                own = await stand.app.fetchval(f"select count(*) from {table}")
                assert own > 0, f"{table}: nobody reads anything, so this proves nothing"


async def test_a_statement_without_a_tenant_changes_none_of_the_victims_rows(stand: Stand) -> None:
    before = await digest(stand.admin, stand.victim)
    for table, may in await _tables(stand):
        key = stand.victim.person.organization_id
        for verb, statement in (
            ("u", f"update {table} set tenant_id = tenant_id where tenant_id = $1"),
            ("d", f"delete from {table} where tenant_id = $1"),
        ):
            if may[verb]:
                stand.attacks += 1
                async with _bound(stand, stand.attacker):
                    assert (await stand.app.execute(statement, key)).split()[-1] == "0", (table, verb)
    assert await digest(stand.admin, stand.victim) == before


async def test_a_row_can_not_be_written_into_the_victims_organisation(stand: Stand) -> None:
    theirs = stand.victim.person.organization_id
    for table, may in await _tables(stand):
        if may["i"]:
            stand.attacks += 1
            async with _bound(stand, stand.attacker):
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                    await _copy(stand, table, stand.attacker.rows[table] | {"tenant_id": theirs})
        if may["u"]:
            stand.attacks += 1
            async with _bound(stand, stand.attacker):
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match=r"row-level security|permission denied"):
                    await stand.app.execute(f"update {table} set tenant_id = $1", theirs)


async def test_the_owner_of_the_tables_is_bound_by_the_policies_too(stand: Stand) -> None:
    for table, _ in await _tables(stand):
        stand.attacks += 1
        async with stand.admin.transaction():
            await stand.admin.execute("set local role chatter_owner")
            assert await stand.admin.fetchval("select row_security_active($1::text)", table), table


async def test_a_reference_to_a_row_of_another_tenant_is_refused(stand: Stand) -> None:
    """As the superuser, for whom no policy holds: the composite key alone must refuse.

    What is a reference is told by the columns' names and by the models, so that one without a key is found.
    """
    named = [reference async for reference in _named(stand)]
    assert len(named) > 15
    for child, parent, columns in [*named, *_modelled()]:
        stand.attacks += 1
        await _refer(stand, child, parent, columns)


async def test_a_partition_can_not_be_read_past_its_parents_policy(stand: Stand) -> None:
    partitions = await stand.admin.fetch(PARTITIONS)
    assert partitions
    for row in partitions:
        stand.attacks += 1
        async with _bound(stand, stand.attacker):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await stand.app.fetchval(f"select count(*) from {row['name']}")


async def _refer(stand: Stand, child: str, parent: str, columns: dict[str, str]) -> None:
    """Point a row of the attacker's at the victim's row."""
    own = stand.attacker.rows[child]
    theirs: dict[str, Any] = {}
    made: set[str] = set()
    for column, target in columns.items():
        found = stand.victim.rows[parent][target]
        derived = DERIVED.get(f"{child}.{column}", {})
        theirs |= {name: value.format(found) for name, value in derived.items()} or {column: found}
        made |= derived.keys()
    key = {name: own[name] for name in await _key(stand, child) if name in own}
    # What points at a row's key refuses to see it changed: where the key itself is derived from, a row is added.
    statement = _added(child, key | theirs) if made & key.keys() else _changed(child, theirs, key=key)
    values = (key | theirs).values() if made & key.keys() else (*theirs.values(), *key.values())
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        done = await stand.admin.execute(statement, *values)
    except asyncpg.ForeignKeyViolationError:
        return
    finally:
        await transaction.rollback()
    pytest.fail(f"{done}: {child}.{[*theirs]} may name a row of {parent} of another organisation")


def _added(table: str, row: dict[str, Any]) -> str:
    slots = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    return f"insert into {table} ({', '.join(row)}) values ({slots})"


def _changed(table: str, row: dict[str, Any], *, key: dict[str, Any]) -> str:
    where = " and ".join(f"{name} = ${n}" for n, name in enumerate(key, len(row) + 1))
    changes = ", ".join(f"{name} = ${n}" for n, name in enumerate(row, 1))
    return f"update {table} set {changes} where {where}"


async def _named(stand: Stand) -> AsyncIterator[tuple[str, str, dict[str, str]]]:
    """Child, parent and columns of each column whose name says that it holds an id of another tenant table."""
    tables = {str(row["relname"]) for row in await tenant_tables(stand.admin)}
    for child in sorted(tables):
        for row in await stand.admin.fetch(TYPES, child):
            parent = REFERENCES.get(row["attname"], row["attname"].removesuffix("_id"))
            told = row["type"] == "uuid" and parent in tables and row["attname"] != "tenant_id"
            if told and f"{child}.{row['attname']}" not in NO_REFERENCES:
                yield child, parent, {row["attname"]: "id"}


def _modelled() -> list[tuple[str, str, dict[str, str]]]:
    return [
        (str(table.name), key.referred_table.name, _columns(key))
        for table in metadata().sorted_tables
        for key in table.foreign_key_constraints
        if not {table.name, key.referred_table.name} & GLOBAL_TABLES and _columns(key)
    ]


def _columns(key: ForeignKeyConstraint) -> dict[str, str]:
    pairs = {element.parent.name: element.column.name for element in key.elements}
    return {column: target for column, target in pairs.items() if column != "tenant_id"}


async def _key(stand: Stand, table: str) -> list[str]:
    return [row["column"] for row in await stand.admin.fetch(KEYS) if row["table"] == table]


async def _tables(stand: Stand) -> list[tuple[str, dict[str, bool]]]:
    names = [str(row["relname"]) for row in await tenant_tables(stand.admin)]
    return [(name, dict((await stand.admin.fetch(PRIVILEGES, name))[0])) for name in names]


async def _copy(stand: Stand, table: str, row: dict[str, Any]) -> None:
    types = {found["attname"]: found["type"] for found in await stand.admin.fetch(TYPES, table)}
    row = {name: value for name, value in row.items() if name in types}
    as_text = {name for name in row if types[name].startswith(("halfvec", "vector", "jsonb"))}
    slots = [f"${n}::text::{types[name]}" if name in as_text else f"${n}" for n, name in enumerate(row, 1)]
    await stand.app.execute(f"insert into {table} ({', '.join(row)}) values ({', '.join(slots)})", *row.values())


@asynccontextmanager
async def _bound(stand: Stand, world: World) -> AsyncIterator[None]:
    """A transaction in an organisation, undone at the end."""
    transaction = stand.app.transaction()
    await transaction.start()
    try:
        await stand.as_app(world.person.organization_id)
        yield
    finally:
        await transaction.rollback()
