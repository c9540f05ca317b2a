"""Delivers the outbox: each committed event to its listeners, at least once, in the tenant that it belongs to."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec
import structlog

from chatter.kit.events import Listener
from chatter.kit.services import Services

__all__ = ["Relay"]

log = structlog.get_logger()

_BATCH = 100
_MAX_ATTEMPTS = 10
# Commits arrive out of order, so never "id > last seen": whatever waits is taken, what another relay holds is skipped.
_WAITING = """
select tenant_id, id, name, payload from outbox where delivered_at is null and attempts < $2
order by created_at limit $1 for update skip locked
"""


@dataclass(frozen=True)
class Relay:
    """The outbox's only reader."""

    services: Services
    listeners: Sequence[Listener[Any]]

    async def deliver(self) -> int:
        """Deliver one batch; returns how many events it held."""
        async with self.services.database.platform() as connection, connection.transaction():
            rows = await connection.fetch(_WAITING, _BATCH, _MAX_ATTEMPTS)
            for row in rows:
                delivered = await self._tell(row)
                await connection.execute(
                    "update outbox set attempts = attempts + 1, delivered_at = case when $3 then now() end "
                    "where tenant_id = $1 and id = $2",
                    *(row["tenant_id"], row["id"], delivered),
                )
        return len(rows)

    async def sweep(self) -> None:
        """Forget events that were delivered more than a day ago."""
        async with self.services.database.platform() as connection:
            await connection.execute("delete from outbox where delivered_at < now() - interval '1 day'")

    async def _tell(self, row: asyncpg.Record) -> bool:
        try:
            for listener in self.listeners:
                if listener.event.name == row["name"]:
                    event = msgspec.json.decode(row["payload"], type=listener.event)
                    await listener.handle(self.services, row["tenant_id"], event)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("event_not_delivered", event_name=row["name"])
            return False
        return True
