"""Writing to the audit log as a domain does, in organisations of the tests' own."""

from enum import StrEnum
from uuid import UUID, uuid4

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.kit.db.database import Database
from chatter.kit.identifiers import TenantId, UserId, new_id
from chatter.kit.principal import Principal

__all__ = ["Action", "note", "note_many", "principal_of"]


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
