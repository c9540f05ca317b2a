"""Mutants of the database: each takes one defence away, as a statement that a mistaken migration could hold."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import asyncpg

from tests.security.catalogue import GLOBAL_TABLES, tenant_tables
from tests.security.functions import functions
from tests.security.test_functions import UNBOUND

__all__ = ["DatabaseMutant", "database_mutants"]

POLICIES = """
select tablename as table, policyname as name, roles::text[] as roles from pg_policies
where schemaname = 'public' order by 1, 2
"""
KEYS = """
select c.conrelid::regclass::text as table, c.conname as name, c.contype::text as kind from pg_constraint c
where c.conparentid = 0 and c.connamespace = 'public'::regnamespace
    and (c.contype = 'p' or (c.contype = 'f' and array_length(c.conkey, 1) > 1)) order by 1, 2
"""
PARTITIONS = "select oid::regclass::text as name from pg_class where relispartition and relkind = 'r' order by relname"
PRIVILEGES = ("select", "insert", "update", "delete", "truncate")
MISSING = "select not has_table_privilege('chatter_app', $1::text, $2)"
DEFINERS = (
    "select oid::regprocedure::text as name from pg_proc where prosecdef and pronamespace = 'public'::regnamespace"
)
PREDICATE = re.compile(
    r"\b(?:\w+\.)?(?:tenant_id|bound_tenant_id|owner_id|user_id|created_by|visibility|token_hash|expires_at|last_used_at"
    r"|created_at) (?:=|<>|>|>=) (?:p_\w+(?:\[i\])?|t\b|\$1|'(?:organization|restricted)'"
    r"|\w+\.(?:tenant_id|user_id|bound_tenant_id|sessions_since)"
    r"|now\(\)(?: - (?:s\.idle|make_interval\([^()]*\)|interval '[^']*'))?"
    r"|nullif\(current_setting\('app.tenant_id', true\), ''\)::uuid)"
)
"""A comparison with whose rows they are, who sees them, or whether a session holds: what predicates are for."""

EQUIVALENT = {
    ("audit_seal_next", "h.tenant_id = t", 6): "the row in conflict is the tenant's: that is what they conflict in",
}
"""What changes nothing that anybody could see, with the reason; anything else that survives is a failure."""


@dataclass(frozen=True)
class DatabaseMutant:
    """One defence less."""

    name: str
    statement: str
    asks: bool = False
    """Whether it takes requests to notice: what tells people of one organisation apart is known to the program only."""


async def database_mutants(admin: asyncpg.Connection) -> list[DatabaseMutant]:
    """All of them, from the catalogue: what a new migration brings is mutated as well."""
    return [mutant for part in (_policies, _tables, _keys, _rights, _functions) async for mutant in part(admin)]


async def _policies(admin: asyncpg.Connection) -> AsyncIterator[DatabaseMutant]:
    for row in await admin.fetch(POLICIES):
        policy = f"{row['name']} on {row['table']}"
        yield DatabaseMutant(f"policy {row['name']} dropped", f"drop policy {policy}")
        yield DatabaseMutant(f"policy {row['name']} given to all", f"alter policy {policy} to public")
        if row["roles"] == ["chatter_app"]:
            yield DatabaseMutant(f"policy {row['name']} shows all rows", f"alter policy {policy} using (true)")
            yield DatabaseMutant(f"policy {row['name']} takes all rows", f"alter policy {policy} with check (true)")


async def _tables(admin: asyncpg.Connection) -> AsyncIterator[DatabaseMutant]:
    for row in await tenant_tables(admin):
        table = row["relname"]
        yield DatabaseMutant(f"row security off on {table}", f"alter table {table} disable row level security")
        yield DatabaseMutant(f"row security not forced on {table}", f"alter table {table} no force row level security")
        yield DatabaseMutant(f"{table} owned by the application", f"alter table {table} owner to chatter_app")


async def _keys(admin: asyncpg.Connection) -> AsyncIterator[DatabaseMutant]:
    for row in await admin.fetch(KEYS):
        if row["table"] not in GLOBAL_TABLES:
            what = "primary key" if row["kind"] == "p" else f"foreign key {row['name']}"
            yield DatabaseMutant(
                f"{what} of {row['table']} dropped",
                f"alter table {row['table']} drop constraint {row['name']} cascade",
            )


async def _rights(admin: asyncpg.Connection) -> AsyncIterator[DatabaseMutant]:
    names = [str(row["relname"]) for row in await tenant_tables(admin)] + sorted(GLOBAL_TABLES - {"schema_version"})
    for table in names:
        yield DatabaseMutant(f"everybody reads {table}", f"grant select on {table} to public")
        for privilege in PRIVILEGES:
            if await admin.fetchval(MISSING, table, privilege):
                yield DatabaseMutant(
                    f"the application may {privilege} {table}", f"grant {privilege} on {table} to chatter_app"
                )
    for row in await admin.fetch(PARTITIONS):
        yield DatabaseMutant(f"the application reads {row['name']}", f"grant select on {row['name']} to chatter_app")
    for row in await admin.fetch(DEFINERS):
        name = row["name"].partition("(")[0]
        yield DatabaseMutant(f"everybody calls {name}", f"grant execute on function {row['name']} to public")
        yield DatabaseMutant(f"{name} owned by the superuser", f"alter function {row['name']} owner to postgres")
        yield DatabaseMutant(f"{name} without search path", f"alter function {row['name']} reset search_path")


async def _functions(admin: asyncpg.Connection) -> AsyncIterator[DatabaseMutant]:
    for function in await functions(admin):
        definition = await admin.fetchval("select pg_get_functiondef($1)", function.oid)
        for number, (predicate, body) in enumerate(_weaker(function.body), 1):
            if (function.name, predicate, number) in EQUIVALENT:
                continue
            yield DatabaseMutant(
                f"{function.name} without {predicate} (no. {number})",
                definition.replace(function.body, body),
                asks="tenant_id" not in predicate or function.name in UNBOUND,
            )


def _weaker(body: str) -> Iterator[tuple[str, str]]:
    for match in PREDICATE.finditer(body):
        yield match[0], f"{body[: match.start()]}true{body[match.end() :]}"
