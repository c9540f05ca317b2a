"""Keeps the calls as rows that are only ever added."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.kit.db.database import Database
from chatter.usage.ledger import Ledger, ModelUse

__all__ = ["keep_uses", "record_uses", "recording", "uses_json"]

_RECORD = text("select record_model_usage(:tenant, :calls)")
_encode = msgspec.json.Encoder(decimal_format="string").encode


@asynccontextmanager
async def recording(database: Database, tenant_id: UUID, ledger: Ledger) -> AsyncIterator[None]:
    """Keep what the block asks of models, also when it fails: for work that stores nothing else."""
    try:
        yield
    finally:
        await record_uses(database, tenant_id, ledger.uses)


async def record_uses(database: Database, tenant_id: UUID, uses: Sequence[ModelUse]) -> None:
    """Keep the calls, in a statement of its own: for work that stores nothing else."""
    await database.hot.execute("select record_model_usage($1, $2)", tenant_id, uses_json(uses))


async def keep_uses(session: AsyncSession, tenant_id: UUID, uses: Sequence[ModelUse]) -> None:
    """Keep the calls in the unit of work of what they were for."""
    if uses:
        await session.execute(_RECORD, {"tenant": tenant_id, "calls": uses_json(uses)})


def uses_json(uses: Sequence[ModelUse]) -> str:
    """The calls as `record_model_usage` takes them."""
    return _encode(uses).decode()
