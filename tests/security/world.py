"""A tenant with a row in every table, made from the database's catalogue, so that a new table is attacked as well."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from tests.people import Person

__all__ = ["MARKER", "World", "digest", "populate"]

MARKER = "ZEBRA-7731-SECRET"
"""Stands in every free text of the victim: it must never reach anybody else."""

# Columns whose value has a meaning. Checks that list values are read from the catalogue; the rest is made up by type.
VALUES: Mapping[str, Any] = {
    "job.kind": "test.none",
    "run.state": "finished",
    "run_part.frames": b"",
    "document.state": "ready",
    "job.state": "done",
    "document_version.file_type": "txt",
    "message.state": "complete",
    "citation.start_offset": 0,
    "provider.base_url": "https://models.example.test/v1",
    "provider.key_reference": None,
    "llm_setting.default_model_id": None,
    "resource_grant.resource_kind": "document",
    "resource_grant.subject_id": None,
    "outbox.delivered_at": datetime(2026, 1, 1, tzinfo=UTC),
}

COLUMNS = """
select c.relname as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
    (a.atthasdef or a.attgenerated <> '') as has_default, a.attgenerated <> '' as is_generated
from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    and a.attnum > 0 and not a.attisdropped
order by c.relname, a.attnum
"""
REFERENCES = """
select c.conrelid::regclass::text as table, c.confrelid::regclass::text as target,
    array(select attname::text from unnest(c.conkey) with ordinality k(n, o)
        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = n order by o) as columns,
    array(select attname::text from unnest(c.confkey) with ordinality k(n, o)
        join pg_attribute a on a.attrelid = c.confrelid and a.attnum = n order by o) as targets
from pg_constraint c where c.contype = 'f' and c.conparentid = 0
"""
CHECKS = """
select conrelid::regclass::text as table, pg_get_constraintdef(oid) as rule from pg_constraint
where contype = 'c' and conparentid = 0 and connamespace = 'public'::regnamespace
"""


@dataclass(frozen=True)
class World:
    """A tenant's rows: for each table, the values of the one row that the tests know."""

    person: Person
    marker: str = MARKER
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def id_of(self, table: str) -> UUID:
        """The known row's id."""
        found: UUID = self.rows[table]["id"]
        return found


@dataclass(frozen=True)
class Column:
    """A column, as the catalogue tells it."""

    name: str
    type: str
    required: bool
    has_default: bool
    is_generated: bool


async def populate(admin: asyncpg.Connection, person: Person, *, skip: frozenset[str], marker: str = MARKER) -> World:
    """Give the person's organisation a row in every tenant table; tables in `skip` are left alone."""
    world = World(person, marker)
    world.rows["app_user"] = {"id": person.user_id}
    world.rows["organization"] = {"tenant_id": person.organization_id, "id": person.organization_id}
    world.rows["membership"] = {"tenant_id": person.organization_id, "user_id": person.user_id}
    world.rows["access_version"] = {"tenant_id": person.organization_id}
    columns = await _columns(admin)
    references = await admin.fetch(REFERENCES)
    listed = await _listed_values(admin)
    waiting = [table for table in columns if table not in world.rows and table not in skip]
    while waiting:
        known = world.rows.keys() | skip
        ready = [table for table in waiting if _targets(table, references) - {table} <= known]
        # A circle is entered where it may be left open: at a reference that may be null.
        open_end = [table for table in waiting if _targets(table, _required(references, columns)) - {table} <= known]
        assert ready or open_end, f"tables that need each other: {waiting}"
        for table in ready or open_end[:1]:
            world.rows[table] = await _insert(admin, world, table, columns[table], references, listed)
            waiting.remove(table)
    return world


async def digest(admin: asyncpg.Connection, world: World) -> dict[str, str | None]:
    """One hash a table over all rows of the tenant, the person's own rows of the identity plane included."""
    hashes = {
        table: await admin.fetchval(
            f"select md5(string_agg(t::text, '|' order by t::text)) from {table} t where tenant_id = $1",
            world.person.organization_id,
        )
        for table in world.rows
        if table != "app_user"
    }
    hashes["app_user"] = await admin.fetchval(
        "select md5(string_agg(t::text, '|')) from app_user t where id = $1", world.person.user_id
    )
    return hashes


async def _columns(admin: asyncpg.Connection) -> dict[str, list[Column]]:
    tables: dict[str, list[Column]] = {}
    for row in await admin.fetch(COLUMNS):
        column = Column(row["column"], row["type"], row["required"], row["has_default"], row["is_generated"])
        tables.setdefault(row["table"], []).append(column)
    return tables


async def _listed_values(admin: asyncpg.Connection) -> dict[str, str]:
    """For each column that a check binds to a list of words, the last of them."""
    found = {}
    for row in await admin.fetch(CHECKS):
        for column, words in re.findall(r"(\w+) = ANY \(ARRAY\[(.*?)\]", row["rule"]):
            found[f"{row['table']}.{column}"] = re.findall(r"'([^']*)'", words)[-1]
    return found


def _targets(table: str, references: list[asyncpg.Record]) -> set[str]:
    return {row["target"] for row in references if row["table"] == table}


async def _insert(
    admin: asyncpg.Connection,
    world: World,
    table: str,
    columns: list[Column],
    references: list[asyncpg.Record],
    listed: Mapping[str, str],
) -> dict[str, Any]:
    values = _referred(world, table, references)
    for column in columns:
        if f"{table}.{column.name}" in VALUES:
            values[column.name] = VALUES[f"{table}.{column.name}"]
        elif column.name in _unmet(world, table, references):
            values[column.name] = None
        elif column.name not in values and not column.has_default:
            values[column.name] = listed.get(f"{table}.{column.name}") or _value(world, column)
    generated = [column.name for column in columns if column.is_generated]
    values = {name: value for name, value in values.items() if name not in generated}
    if table == "resource_grant":
        values["resource_id"] = world.id_of("document")
    types = {column.name: column.type for column in columns}
    slots = ", ".join(
        f"${n}::text::{types[name]}" if _as_text(types[name]) else f"${n}" for n, name in enumerate(values, 1)
    )
    names = ", ".join(values)
    try:
        await admin.execute(f"insert into {table} ({names}) values ({slots})", *values.values())
    except asyncpg.CheckViolationError as error:
        raise AssertionError(f"tests/security/world.py needs a valid value: {error}") from error
    return values


def _required(references: list[asyncpg.Record], columns: dict[str, list[Column]]) -> list[asyncpg.Record]:
    required = {(table, column.name) for table, found in columns.items() for column in found if column.required}
    return [row for row in references if all((row["table"], name) in required for name in row["columns"])]


def _unmet(world: World, table: str, references: list[asyncpg.Record]) -> set[str]:
    """The columns of references to a row that is not there, the tenant's apart."""
    rows = [row for row in references if row["table"] == table and row["target"] not in world.rows]
    return {column for row in rows for column in row["columns"]} - {"tenant_id"}


def _referred(world: World, table: str, references: list[asyncpg.Record]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for row in references:
        if row["table"] == table and row["target"] in world.rows:
            target = world.rows[row["target"]]
            values.update({column: target[name] for column, name in zip(row["columns"], row["targets"], strict=True)})
    return values


def _value(world: World, column: Column) -> Any:
    if column.name == "tenant_id":
        return world.person.organization_id
    if column.name in {"owner_id", "user_id", "created_by", "uploaded_by", "actor_id", "author_id"}:
        return world.person.user_id
    kind = column.type.partition("(")[0]
    if kind == "uuid":
        return uuid4()
    made = {
        "text": world.marker,
        "bytea": world.marker.encode(),
        "boolean": False,
        "timestamp with time zone": datetime.now(UTC),
        "jsonb": "{}",
        "halfvec": str([0.1] * 384),
        "vector": str([0.1] * 384),
        "double precision": 0.0,
        "real": 0.0,
        "text[]": [],
        "uuid[]": [],
        "integer[]": [],
        "numeric": 0,
    }
    return made.get(kind, 1)


def _as_text(kind: str) -> bool:
    return kind.startswith(("halfvec", "vector", "jsonb", "regconfig"))
