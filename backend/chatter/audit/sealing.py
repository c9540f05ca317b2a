"""The sealer: chains what was committed, organisation by organisation, in the order that can't change any more."""

from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
import structlog

from chatter.kit.db.database import Database

__all__ = ["Sealer", "seal"]

_log = structlog.get_logger(__name__)
_BATCH = 1000
_ANOTHER_IS_AT_WORK = -1
# What lies below this transaction is finished: whoever has no seal yet is found at or above it from then on.
_FINISHED = "select pg_snapshot_xmin(pg_current_snapshot())::text"
_UNSEALED = """
select distinct e.tenant_id from audit_event e where e.txid >= $1::text::xid8
and not exists (select from audit_seal s where s.tenant_id = e.tenant_id and s.event_id = e.id)
"""


@dataclass
class Sealer:
    """Seals for one process; several may run, and an organisation is only ever sealed by one of them."""

    database: Database
    _from: str = field(default="0")

    async def run(self) -> int:
        """Seal all that can be sealed now; returns how many rows that were."""
        async with self.database.platform() as connection:
            finished: str = await connection.fetchval(_FINISHED)
            tenants = [row["tenant_id"] for row in await connection.fetch(_UNSEALED, self._from)]
        counts = [await self._sealed(tenant_id) for tenant_id in tenants]
        if None not in counts:
            self._from = finished
        return sum(count or 0 for count in counts)

    async def _sealed(self, tenant_id: UUID) -> int | None:
        """A chain that somebody forged so that it can't go on holds up no other organisation's."""
        try:
            return await seal(self.database, tenant_id)
        except asyncpg.IntegrityConstraintViolationError:
            _log.exception("chain_refused", tenant_id=str(tenant_id))
            return None


async def seal(database: Database, tenant_id: UUID) -> int | None:
    """Seal what an organisation has waiting; None when another sealer is at work on it."""
    total = 0
    while True:
        async with database.connection(tenant_id) as connection:
            sealed: int = await connection.fetchval("select audit_seal_next($1)", _BATCH)
        if sealed == _ANOTHER_IS_AT_WORK:
            return None
        total += sealed
        if sealed < _BATCH:
            return total
