"""Which web origins organisations have listed, as a process knows it.

A change sends word on `web_origins_changed` with its commit, upon which each process forgets all. Whoever misses the
word (a lost connection, a pooler that carries none) asks again within a second.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable
from uuid import UUID

import asyncpg
import structlog

from chatter.kit.db.database import Database

__all__ = ["KeptOrigins"]

log = structlog.get_logger()

CHANNEL = "web_origins_changed"
_KEPT = 1024
"""The one not asked for longest goes first."""
_SECONDS = 1.0
_RECONNECT_SECONDS = 1.0
_NONE: frozenset[str] = frozenset()


class KeptOrigins:
    """One a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[Hashable, tuple[float, frozenset[str]]] = OrderedDict()
        self._forgotten = 0
        self._listening: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to hear of changes that other processes commit."""
        self._listening = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait({self._listening})

    async def of(self, tenant_id: UUID) -> frozenset[str]:
        """The origins that an organisation has listed."""
        found = self._current(tenant_id)
        if found is None:
            forgotten = self._forgotten
            rows = await self._database.hot.fetch("select * from web_origins_of($1)", tenant_id)
            found = frozenset(row[0] for row in rows)
            self._keep(tenant_id, found, forgotten=forgotten)
        return found

    async def listed(self, origin: str) -> bool:
        """Whether any active organisation has listed it. Only a yes is kept: anybody can ask, with any text."""
        if self._current(origin) is not None:
            return True
        forgotten = self._forgotten
        listed = bool(await self._database.hot.fetchval("select web_origin_listed($1)", origin))
        if listed:
            self._keep(origin, _NONE, forgotten=forgotten)
        return listed

    async def forget(self) -> None:
        """Ask anew: something has been committed."""
        self._heard("")

    def _current(self, key: Hashable) -> frozenset[str] | None:
        since, found = self._kept.get(key, (float("-inf"), _NONE))
        return found if asyncio.get_running_loop().time() - since < _SECONDS else None

    def _keep(self, key: Hashable, found: frozenset[str], *, forgotten: int) -> None:
        """Keep it, unless word of a change came while the answer was on its way."""
        if forgotten != self._forgotten:
            return
        self._kept[key] = (asyncio.get_running_loop().time(), found)
        self._kept.move_to_end(key)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def _heard(self, _: str) -> None:
        self._forgotten += 1
        self._kept.clear()

    async def _listen(self) -> None:
        while True:
            try:
                async with self._database.hear(CHANNEL, self._heard) as lost:
                    self._heard("")  # what was said while nobody listened is not repeated
                    await lost.wait()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("web_origins_not_heard", error=type(error).__name__)
            await asyncio.sleep(_RECONNECT_SECONDS)
