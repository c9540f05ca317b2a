"""Writing to the audit log as a domain does, in organisations of the tests' own."""

import asyncio
from enum import StrEnum
from uuid import UUID, uuid4

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.audit.sealing import seal
from chatter.kit.db.database import Database
from chatter.kit.identifiers import TenantId, UserId, new_id
from chatter.kit.principal import Principal

__all__ = ["WAITING", "Action", "note", "note_many", "principal_of", "seal_all"]

WAITING = """
select count(*) from audit_event e where e.tenant_id = $1 and not exists (
    select from audit_seal s where s.tenant_id = $1 and s.event_id = e.id)
"""


class Action(StrEnum):
    BELL_RUNG = "test:bell:rung"


def principal_of(tenant_id: UUID) -> Principal:
    """Somebody of that organisation."""
    return Principal(
        tenant_id=TenantId(tenant_id),
        user_id=UserId(uuid4()),
        session_id=new_id(),
        role="owner",
        email="dana@acme.test",
        name="Dana Reyes",
        organization_name="Acme",
    )


async def note(
    session: AsyncSession, tenant_id: UUID, *, before: msgspec.Struct | None = None, after: msgspec.Struct | None = None
) -> None:
    """One row, in the transaction of the session."""
    await record(session, principal_of(tenant_id), Action.BELL_RUNG, target=uuid4(), before=before, after=after)
    await session.flush()


async def note_many(database: Database, tenant_id: UUID, *, count: int) -> None:
    """Rows of their own transactions."""
    for _ in range(count):
        async with database.unit(tenant_id) as session:
            await note(session, tenant_id)


async def seal_all(database: Database, tenant_id: UUID) -> int:
    """Seal until nothing waits, as the worker does, second by second; returns how many rows that were.

    Once is not always enough: any transaction that is open in the cluster, also one of another database, holds the
    sealer up until it ends.
    """
    sealed = 0
    async with asyncio.timeout(60):
        while True:
            sealed += await seal(database, tenant_id) or 0
            async with database.connection(tenant_id) as connection:
                if not await connection.fetchval(WAITING, tenant_id):
                    return sealed
                await connection.execute("select pg_sleep(0.01)")
