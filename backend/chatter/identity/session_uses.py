"""When sessions were last used and from where: noted by the request, written after it, so that no request waits."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
import structlog

from chatter.kit.clock import Clock
from chatter.kit.db.database import Database
from chatter.kit.telemetry import client_address

__all__ = ["SessionUses"]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Use:
    at: datetime
    address: str | None


class SessionUses:
    """What a process has still to write: one use a session, and a request notes one only when a minute has passed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._noted: dict[UUID, _Use] = {}
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

    def note(self, session_id: UUID) -> None:
        self._noted[session_id] = _Use(self._clock.now(), client_address.get())
        self._some.set()

    async def _write_on(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            await self._write()

    async def _write(self) -> None:
        """A use that could not be written is told by the next one."""
        noted, self._noted = self._noted, {}
        for session_id, use in noted.items():
            try:
                await self._database.hot.execute("select session_used($1, $2, $3)", session_id, use.at, use.address)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("session_use_not_written", error=type(error).__name__)
