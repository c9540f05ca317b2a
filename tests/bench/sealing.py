"""How long rows of the audit log wait for their seal, while many write to one organisation and a few to another."""

import asyncio
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg

from chatter.audit.facade import record
from chatter.audit.permissions import AuditAction
from chatter.kit.db.database import Database
from chatter.kit.db.urls import DatabaseUrls
from chatter.kit.identifiers import TenantId, UserId, new_id
from chatter.kit.principal import Principal

__all__ = ["WRITERS", "Delays", "wait_for_seals"]

WRITERS = 50
_ROWS_EACH = 60
_QUIET_ROWS = 30
_QUIET_PAUSE = 0.15
_WAITING = """
select count(*) from audit_event e where e.tenant_id = any ($1) and not exists (
    select from audit_seal s where s.tenant_id = e.tenant_id and s.event_id = e.id)
"""
_DELAYS = """
select count(*) as rows, percentile_cont(array[0.5, 0.99, 1]) within group (
    order by extract(epoch from s.sealed_at - e.at)::double precision) as delays
from audit_seal s join audit_event e on e.tenant_id = s.tenant_id and e.id = s.event_id where s.tenant_id = $1
"""


@dataclass(frozen=True, kw_only=True)
class Delays:
    """Seconds from the beginning of a row's transaction to its seal, over every row."""

    rows: int
    median: float
    p99: float
    worst: float


async def wait_for_seals(urls: DatabaseUrls) -> tuple[Delays, Delays]:
    """Write as fast as fifty can, and now and then beside them, while a worker seals. The busy one comes first."""
    first, busy, quiet = uuid4(), uuid4(), uuid4()
    admin = await asyncpg.connect(urls.admin)
    try:
        async with Database.open(urls, pool_size=WRITERS) as database:
            await _write(database, first, rows=1, pause=0)
            await _until_sealed(admin, first)  # the worker has loaded then
            async with asyncio.TaskGroup() as tasks:
                for _ in range(WRITERS):
                    tasks.create_task(_write(database, busy, rows=_ROWS_EACH, pause=0))
                tasks.create_task(_write(database, quiet, rows=_QUIET_ROWS, pause=_QUIET_PAUSE))
        await _until_sealed(admin, busy, quiet)
        return await _delays(admin, busy), await _delays(admin, quiet)
    finally:
        await admin.close()


async def _write(database: Database, tenant_id: UUID, *, rows: int, pause: float) -> None:
    principal = Principal(
        tenant_id=TenantId(tenant_id),
        user_id=UserId(uuid4()),
        session_id=new_id(),
        role="owner",
        email="dana@acme.test",
        name="Dana Reyes",
        organization_name="Acme",
    )
    for _ in range(rows):
        async with database.unit(tenant_id) as session:
            await record(session, principal, AuditAction.EXPORTED, target=None)
        await asyncio.sleep(pause)


async def _until_sealed(admin: asyncpg.Connection, *tenants: UUID) -> None:
    while await admin.fetchval(_WAITING, tenants):
        await admin.execute("select pg_sleep(0.1)")


async def _delays(admin: asyncpg.Connection, tenant_id: UUID) -> Delays:
    found = await admin.fetchrow(_DELAYS, tenant_id)
    if found is None:
        raise RuntimeError("no row was sealed")
    median, p99, worst = found["delays"]
    return Delays(rows=found["rows"], median=median, p99=p99, worst=worst)
