"""When keys were last used: noted by the request, written after it, so that no request waits for it."""

import asyncio
from datetime import datetime
from uuid import UUID

import asyncpg
import structlog

from chatter.kit.clock import Clock
from chatter.kit.db.database import Database

__all__ = ["KeyUses"]

log = structlog.get_logger()

_USED = """
update api_key set last_used_at = greatest(last_used_at, $3) where tenant_id = $1 and id = $2
"""


class KeyUses:
    """What a process has still to write: one moment a key, and a request notes one only when a minute has passed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._noted: dict[tuple[UUID, UUID], datetime] = {}
        self._some = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write what is noted."""
        self._writing = asyncio.create_task(self._write_on())

    async def stop(self) -> None:
        """Write what is left."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.wait({self._writing})
        await self._write()

    def note(self, tenant_id: UUID, key_id: UUID) -> None:
        self._noted[tenant_id, key_id] = self._clock.now()
        self._some.set()

    async def _write_on(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            await self._write()

    async def _write(self) -> None:
        """A use that could not be written is told by the next one."""
        noted, self._noted = self._noted, {}
        for (tenant_id, key_id), at in noted.items():
            try:
                async with self._database.connection(tenant_id) as connection:
                    await connection.execute(_USED, tenant_id, key_id, at)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("key_use_not_written", error=type(error).__name__)
