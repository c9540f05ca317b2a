"""Reads runs that another process executes: a mirror of each, however many readers it has here, fed by one loop."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from uuid import UUID

import redis.exceptions
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from chatter.runs.frames import Part, split
from chatter.runs.log import RunLog
from chatter.runs.publisher import DATABASE_AWAY
from chatter.runs.repository import RunRepository
from chatter.runs.wire import as_part, stream_key

__all__ = ["Followers"]

_BLOCK_MS = 2000
_QUIET_SECONDS = 2.0
_WITHOUT_REDIS_SECONDS = 0.5
_SILENT_SECONDS = 5.0

log = structlog.get_logger()


@dataclass(slots=True, eq=False)
class _Mirror:
    tenant_id: UUID
    run_id: UUID
    log: RunLog = field(default_factory=RunLog)
    readers: int = 0
    heard_at: float = 0.0

    @property
    def key(self) -> str:
        return stream_key(self.tenant_id, run_id=self.run_id)

    def accept(self, part: Part) -> bool:
        """Append what is new; False when events before it are missing."""
        if part.first > self.log.last_seq + 1:
            return False
        if part.last > self.log.last_seq:
            self.log.extend(split(part.after(self.log.last_seq)))
        return True


class Followers:
    """The mirrors of this process. A stream of its own wakes the blocking read when one more run is to be followed."""

    def __init__(self, redis: Redis, *, repository: RunRepository, name: str) -> None:
        self._redis = redis
        self._repository = repository
        self._mirrors: dict[tuple[UUID, UUID], _Mirror] = {}
        """By tenant and run: an id of a run is only unique within its tenant."""
        self._some = asyncio.Event()
        self._bell = f"chatter:runs:follow:{name}"
        self._rung = "0-0"
        self._silent_until = 0.0

    async def read(self, tenant_id: UUID, *, run_id: UUID, after: int) -> AsyncGenerator[bytes]:
        """Yield a run's frames after `after` as they come; the caller has checked that they may be read."""
        key = (tenant_id, run_id)
        mirror = self._mirrors.get(key)
        if mirror is None:
            mirror = self._mirrors[key] = _Mirror(tenant_id, run_id)
        mirror.readers += 1
        try:
            await self._catch_up(mirror)
            await self._ring()
            async with aclosing(mirror.log.read(after=after)) as frames:
                async for frame in frames:
                    yield frame
        finally:
            mirror.readers -= 1
            if not mirror.readers:
                self._mirrors.pop(key, None)

    def let_go(self) -> None:
        """End what readers follow here: the process stops, and they come back to another."""
        for mirror in self._mirrors.values():
            mirror.log.end()

    async def run_forever(self) -> None:
        """Feed all mirrors from Redis; from Postgres while Redis is away, has lost something, or is quiet."""
        while True:
            if not any(not mirror.log.over for mirror in self._mirrors.values()):
                self._some.clear()
                await self._some.wait()
            try:
                complete = not self._is_silent() and await self._from_redis()
            except (RedisError, OSError) as error:
                log.warning("run_events_from_postgres", error=type(error).__name__)
                if isinstance(error, TimeoutError | redis.exceptions.TimeoutError):
                    self._silent_until = asyncio.get_running_loop().time() + _SILENT_SECONDS
                complete = False
                self._expect_nothing()
            await self._from_postgres()
            if not complete:
                await asyncio.sleep(_WITHOUT_REDIS_SECONDS)

    def _is_silent(self) -> bool:
        """Say whether Redis took what we said and did not answer lately."""
        return asyncio.get_running_loop().time() < self._silent_until

    async def _ring(self) -> None:
        self._some.set()
        if self._is_silent():
            return
        try:
            await self._redis.xadd(self._bell, {"r": 1}, maxlen=1)
            await self._redis.expire(self._bell, 24 * 3600)
        except (RedisError, OSError):
            return

    async def _from_redis(self) -> bool:
        open_mirrors = {m.key.encode(): m for m in self._mirrors.values() if not m.log.over}
        positions: dict[bytes | str | memoryview, bytes | str | memoryview | int] = {self._bell: self._rung}
        positions.update((key, f"{mirror.log.last_seq}-0") for key, mirror in open_mirrors.items())
        reply = await self._redis.xread(positions, block=_BLOCK_MS)
        complete = True
        for key, entries in reply:
            mirror = open_mirrors.get(key)
            if mirror is None:
                self._rung = entries[-1][0].decode()
                continue
            mirror.heard_at = asyncio.get_running_loop().time()
            for entry_id, fields in entries:
                if not mirror.accept(as_part(entry_id, fields)):
                    mirror.heard_at = 0.0
                    complete = False
                    break
        return complete

    def _expect_nothing(self) -> None:
        for mirror in self._mirrors.values():
            mirror.heard_at = 0.0

    async def _from_postgres(self) -> None:
        now = asyncio.get_running_loop().time()
        for mirror in list(self._mirrors.values()):
            if not mirror.log.over and now - mirror.heard_at > _QUIET_SECONDS:
                try:
                    await self._catch_up(mirror)
                except DATABASE_AWAY as error:
                    log.warning("run_parts_away", error=type(error).__name__)

    async def _catch_up(self, mirror: _Mirror) -> None:
        stored = await self._repository.parts(mirror.tenant_id, run_id=mirror.run_id, after=mirror.log.last_seq)
        mirror.heard_at = asyncio.get_running_loop().time()
        for part in stored.parts:
            mirror.accept(part)
        if stored.is_over:
            mirror.log.end()
