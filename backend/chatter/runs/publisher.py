"""Takes the events of all runs of this process to Redis (soon) and Postgres (for good), many in one round trip."""

import asyncio
from collections.abc import Callable
from uuid import UUID

import asyncpg
import structlog
from redis.exceptions import RedisError

from chatter.runs.frames import Part
from chatter.runs.log import LiveLog
from chatter.runs.repository import Grant, RunRepository
from chatter.runs.wire import Outgoing, RunWire

__all__ = ["DATABASE_AWAY", "Publisher"]

DATABASE_AWAY: tuple[type[Exception], ...] = (
    *(OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError),
    *(asyncpg.CannotConnectNowError, asyncpg.OperatorInterventionError, asyncpg.InsufficientResourcesError),
    *(asyncpg.TransactionRollbackError, asyncpg.ReadOnlySQLTransactionError),
)
"""What a call raises that goes well a little later: Postgres is down, restarting, full, not yet the leader or
unreachable (asyncpg's pool, too, while it reconnects), or two transactions were in each other's way."""

_TICK = 0.1
_SAVE_EVERY = 0.5
_PATIENCE = 5.0

log = structlog.get_logger()


class Publisher:
    """Two loops, so that a database that hangs does not keep events from readers elsewhere."""

    def __init__(
        self,
        repository: RunRepository,
        *,
        wire: RunWire,
        lost: Callable[[UUID], None],
        in_doubt: Callable[[], bool],
    ) -> None:
        self._repository = repository
        self._wire = wire
        self._lost = lost
        self.in_doubt = in_doubt
        """Says whether leases may have lapsed: Redis knows no fence, so nothing is sent there until that is known."""
        self._to_send: set[LiveLog] = set()
        self._to_save: dict[LiveLog, float] = {}
        """Logs with unsaved events, and the loop time since when."""
        self._frozen: dict[LiveLog, Part] = {}
        """Parts on their way: a repeated attempt sends the same numbers, so that storing twice is storing once."""
        self._news = asyncio.Event()
        self._unsaved = asyncio.Event()
        self._saving = asyncio.Lock()

    @property
    def unsaved(self) -> int:
        """How many logs have events that Postgres does not have yet."""
        return len(self._to_save)

    def changed(self, live: LiveLog) -> None:
        """Note that a log has new events; called for each of them."""
        self._to_send.add(live)
        self._news.set()
        if live not in self._to_save and live.saved < live.last_seq:
            self._to_save[live] = asyncio.get_running_loop().time()
            self._unsaved.set()

    async def send_forever(self) -> None:
        """Append to the Redis streams what came within 100 ms."""
        while True:
            await self._news.wait()
            await asyncio.sleep(_TICK)
            self._news.clear()
            await self.send_now()

    async def send_now(self) -> None:
        batch = [(live, live.part(after=live.published)) for live in self._to_send if live.published < live.last_seq]
        self._to_send.clear()
        if not batch:
            return
        for live, part in batch:
            live.published = part.last
        if self.in_doubt():
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._wire.send([Outgoing(live.tenant_id, live.run_id, part, live.over) for live, part in batch])
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("run_events_not_published", runs=len(batch), error=type(error).__name__)
            return
        for live, part in batch:
            live.confirm(confirmed=part.last)

    async def save_forever(self) -> None:
        """Append parts soon after step borders and at most every half second; while the database is away, try again.

        What is not 100 ms old waits: an answer that is over by then is stored with its end, in one statement.
        """
        while True:
            await self._unsaved.wait()
            await asyncio.sleep(_TICK)
            self._unsaved.clear()
            try:
                async with self._saving:
                    await self._save_due()
            finally:
                if self._to_save:
                    self._unsaved.set()

    async def release(self, live: LiveLog) -> list[Part]:
        """Stop saving this log: its end will be stored with what is returned, the parts not yet confirmed."""
        self._to_send.discard(live)
        async with self._saving:
            self._to_save.pop(live, None)
            frozen = self._frozen.pop(live, None)
        parts = [] if frozen is None else [frozen]
        saved = live.saved if frozen is None else frozen.last
        return [*parts, live.part(after=saved)] if saved < live.last_seq else parts

    async def _save_due(self) -> None:
        now = asyncio.get_running_loop().time()
        due = [
            live for live, since in self._to_save.items() if now - since >= (_TICK if live.at_border else _SAVE_EVERY)
        ]
        if not due:
            return
        for live in due:
            if live not in self._frozen and live.saved < live.last_seq:
                self._frozen[live] = live.part(after=live.saved)
            self._to_save[live] = now
            live.at_border = False
        going = [(live, self._frozen[live]) for live in due if live in self._frozen]
        try:
            async with asyncio.timeout(_PATIENCE):
                lost = await self._repository.append(
                    [Grant(live.tenant_id, live.run_id, live.fence) for live, _ in going],
                    parts=[part for _, part in going],
                )
        except DATABASE_AWAY as error:
            log.warning("run_events_not_saved", runs=len(going), error=type(error).__name__)
            return
        for live, part in going:
            self._confirm(live, part=part)
        for run_id in lost:
            self._lost(run_id)

    def _confirm(self, live: LiveLog, *, part: Part) -> None:
        del self._frozen[live]
        live.confirm(saved=part.last)
        if live.saved == live.last_seq:
            del self._to_save[live]
