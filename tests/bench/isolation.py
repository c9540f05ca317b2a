"""What row-level security adds to a request: the same list with the policies and without them, in turns."""

import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from tests.bench.lists import read
from tests.bench.organization import Organization

__all__ = ["Isolation", "isolated"]

_TURNS = 3
_SECURED = """
select c.oid::regclass::text as name from pg_class c
where c.relrowsecurity and c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
"""


class Isolation:
    """CPU seconds a request, web and Postgres together: as it is, and with the policies of all tables off."""

    def __init__(self, *, with_policies: list[float], without: list[float]) -> None:
        self._with = statistics.median(with_policies)
        self._without = statistics.median(without)

    def ratio(self, *, guard: float) -> float:
        """The request as it is against one without policies and without the guard's decision of `guard` seconds."""
        return self._with / (self._without - guard)


async def isolated(
    organization: Organization, path: str, *, admin_url: str, rounds: int, processes: dict[str, int]
) -> Isolation:
    """Read a path with and without row-level security, alternated, since a machine is not equally fast all the time."""
    with_policies, without = [], []
    for _ in range(_TURNS):
        with_policies.append(await _cpu(organization, path, rounds=rounds, processes=processes))
        async with _policies_off(admin_url):
            without.append(await _cpu(organization, path, rounds=rounds, processes=processes))
    return Isolation(with_policies=with_policies, without=without)


async def _cpu(organization: Organization, path: str, *, rounds: int, processes: dict[str, int]) -> float:
    reads = await read(organization, path, rounds=rounds, processes=processes)
    return reads.cpu["web"] + reads.cpu["Postgres"]


@asynccontextmanager
async def _policies_off(admin_url: str) -> AsyncIterator[None]:
    admin = await asyncpg.connect(admin_url)
    try:
        tables = [row["name"] for row in await admin.fetch(_SECURED)]
        await admin.execute(_each(tables, "disable"))
        try:
            yield
        finally:
            await admin.execute(_each(tables, "enable"))
    finally:
        await admin.close()


def _each(tables: list[str], act: str) -> str:
    return ";".join(f"alter table {table} {act} row level security" for table in tables)
