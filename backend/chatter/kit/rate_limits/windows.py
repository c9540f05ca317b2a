"""Moving windows in Valkey, by the scripts of `limits`; while Valkey is away, in this process."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from limits.aio.storage import MemoryStorage
from limits.aio.storage.redis.bridge import RedisBridge
from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from chatter.kit.rate_limits.rules import Rule

__all__ = ["Taken", "Window", "Windows"]

_PATIENCE = 1.0
_AWAY_SECONDS = 2.0
_SCRIPTS = (RedisBridge.SCRIPT_ACQUIRE_MOVING_WINDOW, RedisBridge.SCRIPT_MOVING_WINDOW)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Window:
    """One rule for one subject, with the amount that holds for it."""

    rule: Rule
    key: str
    amount: int

    @classmethod
    def of(cls, rule: Rule, subject: str, amount: int) -> "Window":
        return cls(rule, f"limit:{rule.name}:{subject}", amount)


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of asking."""

    allowed: bool
    remaining: int
    frees_in: float
    """Seconds until the oldest one that is counted leaves the window."""


class Windows:
    """Asks Valkey, in one round trip for any number of windows. What is refused is not counted.

    When Valkey is away each process counts for itself: nobody is locked out, and nobody is let in without a count.
    """

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)
        self._scripts: list[str] = []
        self._here = MemoryStorage()
        self._away_until = 0.0
        self.shared = True
        """Whether the processes count together."""

    async def close(self) -> None:
        if (expiring := self._here.timer) is not None:  # else it looks for what was just forgotten
            expiring.cancel()
            await asyncio.wait({expiring})
        await self._here.reset()
        await self._redis.aclose()

    async def take(self, asked: Sequence[tuple[Window, int]]) -> list[Taken]:
        """Count so many of each window where that many are left; with 0 only look."""
        if time.monotonic() >= self._away_until:
            try:
                taken = await self._there(asked)
            except (OSError, RedisError) as error:
                self._lost(error)
            else:
                self._found()
                return taken
        return [await self._in_memory(window, cost) for window, cost in asked]

    async def _there(self, asked: Sequence[tuple[Window, int]]) -> list[Taken]:
        if not self._scripts:
            self._scripts = [await self._redis.script_load(script) for script in _SCRIPTS]
        try:
            return await self._pipelined(asked)
        except NoScriptError:  # Valkey has been started anew
            self._scripts = [await self._redis.script_load(script) for script in _SCRIPTS]
            return await self._pipelined(asked)

    async def _pipelined(self, asked: Sequence[tuple[Window, int]]) -> list[Taken]:
        acquire, look = self._scripts
        now = time.time()
        async with self._redis.pipeline(transaction=False) as pipe:
            for window, cost in asked:
                seconds = window.rule.seconds
                if cost:
                    pipe.evalsha(acquire, 1, window.key, now, window.amount, seconds, cost)
                pipe.evalsha(look, 1, window.key, now - seconds, window.amount)
            answers = iter(await pipe.execute())
        taken = []
        for window, cost in asked:
            allowed = bool(next(answers)) if cost else True
            oldest, counted = next(answers) or (now - window.rule.seconds, 0)
            taken.append(_taken(window, allowed=allowed, counted=int(counted), oldest=float(oldest), now=now))
        return taken

    async def _in_memory(self, window: Window, cost: int) -> Taken:
        seconds, now = window.rule.seconds, time.time()
        allowed = not cost or await self._here.acquire_entry(window.key, window.amount, seconds, amount=cost)
        oldest, counted = await self._here.get_moving_window(window.key, window.amount, seconds)
        return _taken(window, allowed=allowed, counted=counted, oldest=oldest, now=now)

    def _lost(self, error: Exception) -> None:
        self._away_until = time.monotonic() + _AWAY_SECONDS
        if self.shared:
            self.shared = False
            log.warning("rate_limits_counted_by_each_process", error=type(error).__name__)

    def _found(self) -> None:
        if not self.shared:
            self.shared = True
            log.info("rate_limits_counted_together_again")


def _taken(window: Window, *, allowed: bool, counted: int, oldest: float, now: float) -> Taken:
    frees_in = max(0.0, oldest + window.rule.seconds - now) if counted else float(window.rule.seconds)
    return Taken(allowed, max(0, window.amount - counted), frees_in)
