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
from tests.security.world import World, digest

PRIVILEGES = """
select has_table_privilege('chatter_app', $1::text, 'select') as s,
    has_table_privilege('chatter_app', $1::text, 'insert') as i,
    has_any_column_privilege('chatter_app', $1::text, 'update') as u,
    has_table_privilege('chatter_app', $1::text, 'delete') as d
"""
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
    """As the superuser, for whom no policy holds: the composite key alone must refuse."""
    attempts = 0
    for table in metadata().sorted_tables:
        for key in table.foreign_key_constraints:
            if key.referred_table.name not in GLOBAL_TABLES and not _to_the_tenant_itself(key):
                await _refer(stand, key)
                attempts += 1
    assert attempts > 10
    stand.attacks += attempts


async def test_a_partition_can_not_be_read_past_its_parents_policy(stand: Stand) -> None:
    partitions = await stand.admin.fetch(PARTITIONS)
    assert partitions
    for row in partitions:
        stand.attacks += 1
        async with _bound(stand, stand.attacker):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await stand.app.fetchval(f"select count(*) from {row['name']}")


async def _refer(stand: Stand, key: ForeignKeyConstraint) -> None:
    """Point a row of the attacker's at the victim's row."""
    child, parent = str(key.table.name), key.referred_table.name
    own = stand.attacker.rows[child]
    theirs = {
        element.parent.name: stand.victim.rows[parent][element.column.name]
        for element in key.elements
        if element.parent.name != "tenant_id"
    }
    where = " and ".join(f"{name} = ${n}" for n, name in enumerate(_identity(child, own), len(theirs) + 1))
    changes = ", ".join(f"{name} = ${n}" for n, name in enumerate(theirs, 1))
    statement = f"update {child} set {changes} where {where}"
    values = (*theirs.values(), *(own[name] for name in _identity(child, own)))
    transaction = stand.admin.transaction()
    await transaction.start()
    try:
        done = await stand.admin.execute(statement, *values)
    except asyncpg.ForeignKeyViolationError:
        return
    finally:
        await transaction.rollback()
    pytest.fail(f"{done}: {child}.{[*theirs]} may name a row of {parent} of another organisation")


def _identity(table: str, row: dict[str, Any]) -> list[str]:
    names = [column.name for column in metadata().tables[table].primary_key.columns]
    return ["tenant_id", *(name for name in names if name != "tenant_id" and name in row)]


def _to_the_tenant_itself(key: ForeignKeyConstraint) -> bool:
    return [element.parent.name for element in key.elements] == ["tenant_id"]


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
