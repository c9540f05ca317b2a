"""Retention: rows that were kept long enough go; their seals stay, and a row of its own says what went."""

from datetime import datetime
from uuid import UUID

from chatter.kit.db.database import Database

__all__ = ["erase"]


async def erase(database: Database, tenant_id: UUID, *, before: datetime, reason: str) -> int:
    """Erase the sealed rows of an organisation that are older; returns how many. The application itself may not."""
    async with database.platform() as connection, connection.transaction():
        await connection.execute("select set_config('app.tenant_id', $1, true)", str(tenant_id))
        erased: int = await connection.fetchval("select audit_erase($1, $2)", before, reason)
    return erased
