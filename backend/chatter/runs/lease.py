"""Keeps this process's leases, hears who wants a run stopped, and takes over runs whose process is gone."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Protocol
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from chatter.runs.frames import Part
from chatter.runs.publisher import DATABASE_AWAY
from chatter.runs.repository import LEASE_SECONDS, Grant, LapsedRun, Lapsing, RunRepository
from chatter.runs.wire import CANCEL_CHANNEL, INBOX_CHANNEL, RELEASED_CHANNEL, RunWire

__all__ = ["LeaseKeeper"]

_BEAT_SECONDS = 2.0
_DOUBT_SECONDS = LEASE_SECONDS - 2.0
"""After so long without a heartbeat the leases may be somebody else's; two seconds for clocks that run apart."""
_WATCH_SECONDS = 1.0
_WATCH_LIMIT = 20
"""Runs that one look takes: what a process leaves is shared by all that are there. After a full one comes the next."""
_FULL_WATCH_SECONDS = 0.1
_PATIENCE = 3.0
_TAIL_PATIENCE = 1.0
"""Less than for the database: a taken lease runs meanwhile, and whoever reads waits."""
_SILENT_SECONDS = 3.0
_PUBSUB_SECONDS = 30.0

log = structlog.get_logger()


class Holder(Protocol):
    """Who executes runs."""

    name: str
    repository: RunRepository
    wire: RunWire

    def grants(self) -> list[Grant]: ...
    def cancel(self, run_id: UUID) -> None: ...
    def lose(self, run_id: UUID) -> None: ...
    def hear(self, run_id: UUID, *, inbox: int) -> None: ...
    def can_take(self, lapsing: Lapsing) -> bool: ...
    async def take_over(self, lapsed: LapsedRun) -> None: ...


class LeaseKeeper:
    """Three loops. The heartbeat also tells of cancellations and of what was said, so Redis only makes them faster."""

    def __init__(self, holder: Holder, *, redis: Redis) -> None:
        self._holder = holder
        self._redis = redis
        self._kept_at = asyncio.get_running_loop().time()
        """When the last heartbeat began that was heard."""
        self._patient_until = 0.0
        self._released = asyncio.Event()
        self._redis_away_until = 0.0

    def loops(self) -> tuple[Callable[[], Coroutine[None, None, None]], ...]:
        return (self._beat_forever, self._listen_forever, self._watch_forever)

    def in_doubt(self) -> bool:
        """Say whether leases may have lapsed without our knowing: the process slept, or the database is away."""
        return asyncio.get_running_loop().time() - self._kept_at > _DOUBT_SECONDS

    async def tail(self, grant: Grant, *, after: int) -> list[Part]:
        """Return the events that went to Redis but, when their process died, not yet to Postgres."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._redis_away_until:
            return []
        try:
            async with asyncio.timeout(_TAIL_PATIENCE):
                return await self._holder.wire.tail(grant.tenant_id, run_id=grant.run_id, after=after)
        except (RedisError, OSError, TimeoutError):
            self._redis_away_until = loop.time() + _SILENT_SECONDS  # the next runs do not wait for it again
            return []

    async def _beat_forever(self) -> None:
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            began = asyncio.get_running_loop().time()
            grants = self._holder.grants()
            if grants and not await self._beat(grants):
                continue
            self._kept_at = began

    async def _beat(self, grants: list[Grant]) -> bool:
        """Renew the leases; False when the database could not be asked."""
        try:
            async with asyncio.timeout(_PATIENCE):
                beats = await self._holder.repository.beat(grants)
        except DATABASE_AWAY as error:
            log.warning("heartbeat_failed", runs=len(grants), error=type(error).__name__)
            return False
        ours = {grant.run_id: grant for grant in self._holder.grants()}
        asked = {grant.run_id: grant for grant in grants}
        for beat in beats:
            if not beat.held and ours.get(beat.run_id) == asked[beat.run_id]:
                self._holder.lose(beat.run_id)
            elif beat.cancelled:
                self._holder.cancel(beat.run_id)
            else:
                self._holder.hear(beat.run_id, inbox=beat.inbox)
        return True

    async def _listen_forever(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(CANCEL_CHANNEL, RELEASED_CHANNEL, INBOX_CHANNEL)
                    while True:  # listen() would hold silence for a connection that hangs
                        message = await pubsub.get_message(timeout=_PUBSUB_SECONDS)
                        if message is not None:
                            self._hear(message["type"], message["channel"], message["data"])
            except (RedisError, OSError, ValueError) as error:
                log.warning("cancel_channel_away", error=type(error).__name__)
            await asyncio.sleep(1.0)

    def _hear(self, kind: str, channel: bytes, data: bytes) -> None:
        if kind != "message":
            return
        if channel == RELEASED_CHANNEL.encode():
            self._released.set()
        elif channel == INBOX_CHANNEL.encode():
            self._holder.hear(UUID(bytes=data[:16]), inbox=int.from_bytes(data[16:], "big"))
        else:
            self._holder.cancel(UUID(bytes=data))

    async def _watch_forever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            more = False
            try:
                more = await self._watch()
            except DATABASE_AWAY as error:
                log.warning("run_watch_failed", error=type(error).__name__)
                # Nobody could renew a lease meanwhile: who has one gets the time to come back.
                self._patient_until = loop.time() + LEASE_SECONDS
            with contextlib.suppress(TimeoutError):
                pause = _FULL_WATCH_SECONDS if more else _WATCH_SECONDS
                async with asyncio.timeout(pause):  # wait_for of Python 3.11 may swallow a cancellation
                    await self._released.wait()
            self._released.clear()

    async def _watch(self) -> bool:
        """Take what has lapsed, by one indexed statement when nothing has; True when there may be more."""
        repository, taken = self._holder.repository, 0
        async with asyncio.timeout(_PATIENCE):
            found = await repository.lapsing(limit=_WATCH_LIMIT)
        for lapsing in found:
            if not self._holder.can_take(lapsing) or not lapsing.lapsed:
                continue
            if asyncio.get_running_loop().time() < self._patient_until:
                return False
            async with asyncio.timeout(_PATIENCE):
                lapsed = await repository.seize(lapsing.tenant_id, run_id=lapsing.run_id, lease_owner=self._holder.name)
            if lapsed is None:
                continue
            if lapsed.grant.fence > 1:
                log.warning("run_taken_over", run_id=str(lapsing.run_id), released=lapsed.released)
            async with asyncio.timeout(LEASE_SECONDS):  # longer than it waits for Redis: what is seized is executed
                await self._holder.take_over(lapsed)
            taken += 1
        return taken == _WATCH_LIMIT
