"""Questions to the database's catalogue that several tests ask."""

import tomllib
from pathlib import Path

import asyncpg

__all__ = ["GLOBAL_TABLES", "TABLES", "tenant_tables"]

GLOBAL_TABLES = frozenset(tomllib.loads((Path(__file__).parents[1] / "architecture/global_tables.toml").read_text()))

TABLES = """
select c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relispartition,
    pg_get_userbyid(c.relowner) as owner
from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by c.relname
"""


async def tenant_tables(admin: asyncpg.Connection) -> list[asyncpg.Record]:
    return [
        row for row in await admin.fetch(TABLES) if row["relname"] not in GLOBAL_TABLES and not row["relispartition"]
    ]
