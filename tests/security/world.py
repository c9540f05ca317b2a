"""A tenant with a row in every table, made from the database's catalogue, so that a new table is attacked as well."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from chatter.chat.branch_state import Start, write_start
from tests.people import Person

__all__ = ["KEY_DIGEST", "MARKER", "World", "digest", "populate"]

MARKER = "ZEBRA-7731-SECRET"
"""Stands in every free text of the victim: it must never reach anybody else."""
KEY_DIGEST = bytes(32)
"""The hash of a key in every world, so that nothing but the tenant tells theirs apart."""

# Columns whose value has a meaning. Checks that list values are read from the catalogue; the rest is made up by type.
NAMED = {
    ("resource_grant", "resource_id"): "document",
    ("audit_seal", "event_id"): "audit_event",
    ("audit_seal_head", "event_id"): "audit_event",
}
"""Columns that name a row of a table and are no reference: what they name may go."""
VALUES: Mapping[str, Any] = {
    "job.kind": "test.none",
    "audit_seal_head.txid": 2**60,  # as after a restore: what has no seal yet is looked for, not what lies beyond
    "run.state": "finished",
    "run.last_seq": 1,
    "run_retention.days": 30,
    "tool_call.key": "call01000",
    "run_part.first_seq": 1,
    "run_part.last_seq": 1,
    "run_part.frames": lambda marker: f'id: 1\nevent: TEXT\ndata: {{"type": "TEXT", "name": "{marker}"}}\n\n'.encode(),
    "checkpoint.versions": lambda marker: json.dumps({marker: marker}),
    "checkpoint.type": "json",
    "checkpoint_blob.type": "json",
    "checkpoint_blob.body": lambda marker: f'"{marker}"'.encode(),
    "checkpoint_write.type": "json",
    "checkpoint_write.body": lambda marker: f'"{marker}"'.encode(),
    "model.kind": "chat",
    "model.enabled": True,
    "model.restricted": True,
    "model_role.role": "owner",
    "model_fallback.position": 1,
    "checkpoint.body": lambda marker: json.dumps({"id": marker}).encode(),
    "run_branch.changes": lambda marker: json.dumps([{"what": "question", "before": marker, "after": marker}]),
    "run_branch.state": lambda marker: write_start(Start(at="answer", question=marker, instructions=marker)),
    "document.state": "ready",
    "invitation.email": "zebra@example.test",
    "invitation.accepted_at": None,
    "invitation.revoked_at": None,
    "invitation.expires_at": datetime(2100, 1, 1, tzinfo=UTC),
    "mail_domain.name": "zebra.test",
    "mail_domain.verified_at": None,
    "identity_provider.issuer": "https://login.zebra.test",
    "identity_provider_mapping.role": "viewer",
    "scim_group_role.role": "viewer",
    "sso_attempt.purpose": "test",
    "sso_attempt.report": lambda marker: json.dumps({"finished": False, "steps": [], "claims": _claims(marker)}),
    "job.state": "done",
    "document_version.file_type": "txt",
    "message.role": "assistant",
    "message.state": "complete",
    "message.outcome": "answered",
    "message_part.kind": "text",
    "model_usage.input_tokens": 1,
    "model_usage.output_tokens": 1,
    "model_usage.cached_tokens": 1,
    "model_usage.reasoning_tokens": 1,
    "citation.start_offset": 0,
    "provider.base_url": "https://models.example.test/v1",
    "provider.key_reference": None,
    "llm_setting.default_model_id": None,
    "resource_grant.resource_kind": "document",
    "resource_grant.subject_id": None,
    "resource_grant.expires_at": datetime(2100, 1, 1, tzinfo=UTC),
    "api_key.token_hash": KEY_DIGEST,
    "api_key.expires_at": datetime(2100, 1, 1, tzinfo=UTC),
    "api_key.revoked_at": None,
    "sign_in_policy.idle_minutes": None,
    "sign_in_policy.absolute_hours": None,
    "api_key.scopes": None,
    "oauth_grant.revoked_at": None,
    "oauth_family.expires_at": datetime(2100, 1, 1, tzinfo=UTC),
    "oauth_family.ended_at": None,
    "oauth_family.end_reason": None,
    "scim_token.revoked_at": None,
    "scim_token.expires_at": datetime(2100, 1, 1, tzinfo=UTC),
    "scim_user.active": True,
    "scim_user.attributes": "{}",
    "support_grant.expires_at": datetime(2100, 1, 1, tzinfo=UTC),
    "support_grant.revoked_at": None,
    "support_visit.expires_at": datetime(2100, 1, 1, tzinfo=UTC),
    "support_visit.ended_at": None,
    "outbox.delivered_at": datetime(2026, 1, 1, tzinfo=UTC),
}

PERSONS = frozenset({"app_user", "user_session"})
"""Tables of the identity plane of which each world knows the row of its person."""
SESSION = """
insert into user_session (id, user_id, token_hash, expires_at, user_agent, methods, idle)
values ($1, $2, sha256($3), '2100-01-01', $4, '{password}', '1 day')
"""

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
KEYS = """
select c.conrelid::regclass::text as table, a.attname as column from pg_constraint c, unnest(c.conkey) k
join pg_attribute a on a.attnum = k
where c.contype = 'p' and c.conparentid = 0 and a.attrelid = c.conrelid and c.connamespace = 'public'::regnamespace
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


async def populate(
    admin: asyncpg.Connection,
    person: Person,
    *,
    skip: frozenset[str],
    marker: str = MARKER,
    twin_of: "World | None" = None,
) -> World:
    """Give the person's organisation a row in every tenant table; tables in `skip` are left alone.

    With `twin_of`, the rows get the ids of that world's rows and belong to its person: nothing but the tenant tells
    them apart, so a statement that forgets the tenant meets both.
    """
    world = World(person, marker)
    holder = twin_of.person if twin_of else person
    world.rows["app_user"] = {"id": holder.user_id}
    world.rows["user_session"] = twin_of.rows["user_session"] if twin_of else await _another_session(admin, world)
    world.rows["organization"] = {"tenant_id": person.organization_id, "id": person.organization_id}
    world.rows["membership"] = {"tenant_id": person.organization_id, "user_id": person.user_id}
    world.rows["access_version"] = {"tenant_id": person.organization_id}
    await _Populating(admin, await _Catalogue.read(admin), world, twin_of).fill(skip)
    await _employ(admin, world)
    return world


async def _another_session(admin: asyncpg.Connection, world: World) -> dict[str, Any]:
    """One that nobody uses, so that it can be ended."""
    session_id = uuid4()
    await admin.execute(SESSION, session_id, world.person.user_id, session_id.bytes, world.marker)
    return {"id": session_id}


async def _employ(admin: asyncpg.Connection, world: World) -> None:
    """Make the service account a member, and the key its own: no reference says that they belong together."""
    tenant_id, account_id = world.person.organization_id, world.id_of("service_account")
    await admin.execute(
        "insert into membership (tenant_id, user_id, kind, role) values ($1, $2, 'service', 'member')",
        *(tenant_id, account_id),
    )
    await admin.execute("update api_key set user_id = $2 where tenant_id = $1", tenant_id, account_id)
    world.rows["api_key"]["user_id"] = account_id


async def digest(admin: asyncpg.Connection, world: World) -> dict[str, str | None]:
    """One hash a table over all rows of the tenant, the person's own rows of the identity plane included."""
    hashes = {
        table: await admin.fetchval(
            f"select md5(string_agg(t::text, '|' order by t::text)) from {table} t where tenant_id = $1",
            world.person.organization_id,
        )
        for table in world.rows
        if table not in PERSONS
    }
    hashes["app_user"] = await admin.fetchval(
        "select md5(string_agg(t::text, '|')) from app_user t where id = $1", world.person.user_id
    )
    hashes["user_session"] = await admin.fetchval(
        "select md5(string_agg(id::text, '|' order by id)) from user_session where user_id = $1", world.person.user_id
    )
    return hashes


@dataclass(frozen=True)
class _Catalogue:
    """What the database tells of its tables."""

    columns: dict[str, list[Column]]
    keys: set[tuple[str, str]]
    references: list[asyncpg.Record]
    listed: dict[str, str]

    @classmethod
    async def read(cls, admin: asyncpg.Connection) -> "_Catalogue":
        return cls(
            await _columns(admin),
            {(row["table"], row["column"]) for row in await admin.fetch(KEYS)},
            await admin.fetch(REFERENCES),
            await _listed_values(admin),
        )

    def targets(self, table: str) -> set[str]:
        named = {target for (naming, _), target in NAMED.items() if naming == table}
        return named | {row["target"] for row in self.references if row["table"] == table}

    def required_targets(self, table: str) -> set[str]:
        required = {column.name for column in self.columns[table] if column.required}
        return {
            row["target"] for row in self.references if row["table"] == table and required.issuperset(row["columns"])
        }


@dataclass(frozen=True)
class _Populating:
    """Fills one world, table by table."""

    admin: asyncpg.Connection
    catalogue: _Catalogue
    world: World
    twin_of: World | None

    async def fill(self, skip: frozenset[str]) -> None:
        rows = self.world.rows
        waiting = [table for table in self.catalogue.columns if table not in rows and table not in skip]
        opened = []
        while waiting:
            known = rows.keys() | skip
            ready = [table for table in waiting if self.catalogue.targets(table) - {table} <= known]
            # A circle is entered where it may be left open: at a reference that may be null.
            open_end = [table for table in waiting if self.catalogue.required_targets(table) - {table} <= known]
            assert ready or open_end, f"tables that need each other: {waiting}"
            opened += [] if ready else open_end[:1]
            for table in ready or open_end[:1]:
                rows[table] = await self._insert(table)
                waiting.remove(table)
        for table in opened:
            await self._close(table)

    async def _insert(self, table: str) -> dict[str, Any]:
        columns = self.catalogue.columns[table]
        values = {name: value for name, value in self._values(table).items() if not _generated(name, columns)}
        types = {column.name: column.type for column in columns}
        slots = ", ".join(
            f"${n}::text::{types[name]}" if _as_text(types[name]) else f"${n}" for n, name in enumerate(values, 1)
        )
        try:
            await self.admin.execute(f"insert into {table} ({', '.join(values)}) values ({slots})", *values.values())
        except asyncpg.CheckViolationError as error:
            raise AssertionError(f"tests/security/world.py needs a valid value: {error}") from error
        return values

    def _values(self, table: str) -> dict[str, Any]:
        values = self._referred(table)
        unmet = self._unmet(table)
        for column in self.catalogue.columns[table]:
            special = VALUES.get(f"{table}.{column.name}", _ABSENT)
            if special is not _ABSENT:
                values[column.name] = special(self.world.marker) if callable(special) else special
            elif (table, column.name) in NAMED:
                values[column.name] = self.world.id_of(NAMED[table, column.name])
            elif column.name in unmet:
                values[column.name] = None
            elif column.name not in values and (not column.has_default or self._free_text(table, column)):
                values[column.name] = self._value(table, column)
        return values

    def _value(self, table: str, column: Column) -> Any:
        kept = self.twin_of.rows[table] if self.twin_of else {}
        is_key = (table, column.name) in self.catalogue.keys or column.type == "uuid"
        if column.name in kept and is_key and column.name != "tenant_id":
            return kept[column.name]
        return self.catalogue.listed.get(f"{table}.{column.name}") or _made_up(self.world, column)

    def _free_text(self, table: str, column: Column) -> bool:
        return column.type == "text" and f"{table}.{column.name}" not in self.catalogue.listed

    def _unmet(self, table: str) -> set[str]:
        """The columns of references to a row that is not there, the tenant's apart."""
        rows = [row for row in self.catalogue.references if row["table"] == table]
        return {name for row in rows if row["target"] not in self.world.rows for name in row["columns"]} - {"tenant_id"}

    def _referred(self, table: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for row in self.catalogue.references:
            if row["table"] == table and row["target"] in self.world.rows:
                target = self.world.rows[row["target"]]
                values.update(
                    {column: target[name] for column, name in zip(row["columns"], row["targets"], strict=True)}
                )
        return values

    async def _close(self, table: str) -> None:
        """Close the circle that was left open at this table."""
        row = self.world.rows[table]
        for name, value in self._referred(table).items():
            if row.get(name) is None and (table, name) not in self.catalogue.keys:
                row[name] = value
                await self.admin.execute(
                    f"update {table} set {name} = $3 where tenant_id = $1 and id = $2",
                    row["tenant_id"],
                    row["id"],
                    value,
                )


_ABSENT = object()


def _claims(marker: str) -> list[dict[str, str]]:
    return [{"name": "name", "value": marker}]


def _generated(name: str, columns: list[Column]) -> bool:
    return any(column.name == name and column.is_generated for column in columns)


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


def _made_up(world: World, column: Column) -> Any:
    if column.name == "tenant_id":
        return world.person.organization_id
    if column.name in {
        "owner_id",
        "user_id",
        "created_by",
        "uploaded_by",
        "actor_id",
        "author_id",
        "invited_by",
        "granted_by",
        "ordered_by",
    }:
        return world.rows["app_user"]["id"]
    kind = column.type.partition("(")[0]
    if kind == "uuid":
        return uuid4()
    made = {
        "text": world.marker,
        "bytea": world.marker.encode(),
        "boolean": False,
        "timestamp with time zone": datetime.now(UTC),
        "date": datetime.now(UTC).date(),
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
