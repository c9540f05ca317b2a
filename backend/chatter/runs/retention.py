"""How long an organisation keeps the events of its runs: the messages stay, what happened on the way goes."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit import facade as audit
from chatter.kit.db.database import Database
from chatter.kit.events import emit, emit_on
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.runs.events import RetentionUpdated, RunsTrimmed
from chatter.runs.models import RunRetention
from chatter.runs.permissions import RunAction
from chatter.runs.schemas import Retention

__all__ = ["DAILY_SECONDS", "DEFAULT_DAYS", "RetentionService", "keep_log", "trim"]

DAILY_SECONDS = 24 * 60 * 60
DEFAULT_DAYS = 90
_MONTHS_AHEAD = 3
_BATCH = 500
_TENANTS = "select tenant_id from organization"
_DAYS = "select days from run_retention where tenant_id = $1"
# The id bounds which months are looked into. A run that has not ended is needed whole by whoever takes it over.
_TRIM = """
with old as (
    select p.run_id from run_part p
    join run r on r.tenant_id = $1 and r.id = p.run_id and r.finished_at < $2
    where p.tenant_id = $1 and p.run_id < run_id_floor($2) and r.state not in ('queued', 'running')
    group by p.run_id limit $3),
gone as (delete from run_part p using old where p.tenant_id = $1 and p.run_id = old.run_id)
select run_id from old
"""

log = structlog.get_logger()


class RetentionService:
    """Works in the unit of work that it is given, for one principal."""

    def __init__(self, session: AsyncSession, principal: Principal) -> None:
        self._session = session
        self._principal = principal

    async def retention(self) -> Retention:
        row = await self._session.get(RunRetention, self._principal.tenant_id)
        return Retention(days=DEFAULT_DAYS if row is None else row.days)

    async def update(self, data: Retention) -> Retention:
        before, tenant_id = await self.retention(), self._principal.tenant_id
        await self._session.execute(
            insert(RunRetention)
            .values(tenant_id=tenant_id, days=data.days)
            .on_conflict_do_update(index_elements=["tenant_id"], set_={"days": data.days, "updated_at": func.now()})
        )
        await audit.record(
            self._session, self._principal, RunAction.RETENTION_UPDATED, target=tenant_id, before=before, after=data
        )
        emit(self._session, RetentionUpdated(days=data.days))
        return data


async def keep_log(services: Services) -> None:
    """Make the months to come, trim every organisation's log, and drop the months that nobody has anything in."""
    now = services.clock.now()
    async with services.database.platform() as platform:
        made = await platform.fetchval("select run_part_ahead($1, $2)", now, _MONTHS_AHEAD)
        tenants = [row["tenant_id"] for row in await platform.fetch(_TENANTS)]
    trimmed = sum([await trim(services.database, tenant_id, now=now) for tenant_id in tenants])
    async with services.database.platform() as platform:
        dropped = await platform.fetchval("select run_part_drop_empty($1)", now)
    log.info("run_log_kept", months_made=made, months_dropped=dropped, runs_trimmed=trimmed)


async def trim(database: Database, tenant_id: UUID, *, now: datetime) -> int:
    """Remove the events of runs that ended longer ago than the organisation keeps them; returns of how many runs."""
    trimmed = 0
    while True:
        async with database.connection(tenant_id) as connection:
            days: int = await connection.fetchval(_DAYS, tenant_id) or DEFAULT_DAYS
            rows = await connection.fetch(_TRIM, tenant_id, now - timedelta(days=days), _BATCH)
            if rows:
                await emit_on(connection, tenant_id, RunsTrimmed(run_ids=[row["run_id"] for row in rows]))
        trimmed += len(rows)
        if len(rows) < _BATCH:
            return trimmed
