"""Sends sealed rows to the organisations' destinations, in the order of the chain, at least once.

A worker claims a destination by moving its next attempt past the longest call, sends what lies beyond its cursor, and
moves the cursor only when that was taken: whatever dies in between is sent again, and nothing is skipped.
"""

import asyncio
from typing import Any
from uuid import UUID

from sqlalchemy import func, update

from chatter.audit.exports import encode
from chatter.audit.models import AuditSink
from chatter.audit.repository import AuditRepository
from chatter.audit.sink_transport import post, target_of
from chatter.kit.crypto import SecretUnreadable
from chatter.kit.services import Services

__all__ = ["deliver_due"]

_AT_ONCE = 20
_ROWS = 500
_CLAIM_SECONDS = 60
_LONGEST_PAUSE = 300
_DUE = """
select k.tenant_id from audit_sink k where k.state = 'active' and k.next_attempt_at <= now()
and exists (select from audit_seal s where s.tenant_id = k.tenant_id and s.position > k.position)
order by k.next_attempt_at limit $1
"""


async def deliver_due(services: Services) -> int:
    """Send one batch to each destination that is due; returns how many there were."""
    async with services.database.platform() as connection:
        tenants = [row["tenant_id"] for row in await connection.fetch(_DUE, _AT_ONCE)]
    await asyncio.gather(*(_deliver(services, tenant_id) for tenant_id in tenants))
    return len(tenants)


async def _deliver(services: Services, tenant_id: UUID) -> None:
    row = await _claim(services, tenant_id)
    if row is None:
        return
    events, last = await AuditRepository(services.database, tenant_id).sealed(after=row.position, limit=_ROWS)
    try:
        target = target_of(row, tenant_id=tenant_id, secrets=services.secrets)
        failure = await post(services.http, target, encode(events, form="jsonl")) if events else None
    except SecretUnreadable as error:
        failure = error.detail
    await _settle(services, row, last=last, failure=failure)


async def _claim(services: Services, tenant_id: UUID) -> AuditSink | None:
    """The destination, which is now this worker's for a while; None when another was faster."""
    claim = (
        update(AuditSink)
        .where(AuditSink.state == "active", AuditSink.next_attempt_at <= func.now())
        .values(next_attempt_at=func.now() + func.make_interval(0, 0, 0, 0, 0, 0, _CLAIM_SECONDS))
        .returning(AuditSink)
    )
    async with services.database.unit(tenant_id) as session:
        return (await session.execute(claim)).scalar_one_or_none()


async def _settle(services: Services, row: AuditSink, *, last: int, failure: str | None) -> None:
    """Move the cursor or the next attempt, unless the destination was changed meanwhile."""
    values: dict[str, Any]
    if failure is None:
        values = {
            "position": last,
            "failures": 0,
            "last_error": None,
            "last_error_at": None,
            "last_delivered_at": func.now(),
            "next_attempt_at": func.now(),
        }
    else:
        pause = min(2 ** min(row.failures + 1, 16), _LONGEST_PAUSE)
        values = {
            "failures": row.failures + 1,
            "last_error": failure,
            "last_error_at": func.now(),
            "next_attempt_at": func.now() + func.make_interval(0, 0, 0, 0, 0, 0, pause),
        }
    same = (AuditSink.url == row.url, AuditSink.position == row.position)
    async with services.database.unit(row.tenant_id) as session:
        await session.execute(update(AuditSink).where(*same).values(values))
