"""Counts what is asked often: here at first, in Valkey a moment later, and there at once when little is left.

A round trip costs 0.2 ms of CPU, too much for each request. So a process serves from what it saw last, and asks again
once it has served a fiftieth of the amount since, or two seconds later; when less than a fifth is left it asks each
time. What several processes can serve too much is a fiftieth of the amount each.
"""

import asyncio
import time
from dataclasses import dataclass

import structlog

from chatter.kit.rate_limits.windows import Taken, Window, Windows

__all__ = ["Tally"]

_TICK = 0.5
_OLD = 2.0
_PART = 50
_NEAR = 5

log = structlog.get_logger()


@dataclass(slots=True)
class _Seen:
    window: Window
    remaining: int
    at: float
    """When it was last known (monotonic seconds)."""
    frees_in: float
    untold: int = 0
    untold_since: float = 0.0


class Tally:
    """What this process knows of the windows that it serves from."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._seen: dict[str, _Seen] = {}
        self._some = asyncio.Event()
        self._telling: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._telling = asyncio.create_task(self._tell_forever())

    async def stop(self) -> None:
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.wait({self._telling})
        await self._tell(time.monotonic(), everything=True)

    async def spend(self, window: Window) -> Taken:
        """Count one, here while much is left, else there."""
        now = time.monotonic()
        seen = self._seen.get(window.key)
        if seen is None or now - seen.at > window.rule.seconds or seen.window.amount != window.amount:
            untold = seen.untold if seen else 0
            seen = self._seen[window.key] = _Seen(window, window.amount, now, float(window.rule.seconds), untold, now)
        left = seen.remaining - seen.untold
        if left * _NEAR > window.amount and (seen.untold + 1) * _PART < window.amount:
            if not seen.untold:
                seen.untold_since = now
                self._some.set()
            seen.untold += 1
            return Taken(True, left - 1, seen.frees_in)
        return await self._ask(seen, now)

    async def _ask(self, seen: _Seen, now: float) -> Taken:
        untold, seen.untold = seen.untold, 0
        (taken,) = await self._windows.take([(seen.window, untold + 1)])
        if not taken.allowed and untold:  # less is left than was served here: then this one alone
            (taken,) = await self._windows.take([(seen.window, 1)])
        seen.remaining, seen.frees_in, seen.at = taken.remaining, taken.frees_in, now
        return taken

    async def _tell_forever(self) -> None:
        while True:
            await self._some.wait()
            await asyncio.sleep(_TICK)
            try:
                await self._tell(time.monotonic())
            except Exception as error:  # the outermost edge of this loop: it must outlive whatever Valkey answers
                log.warning("rate_limits_not_told", error=type(error).__name__, exc_info=error)

    async def _tell(self, now: float, *, everything: bool = False) -> None:
        untold = [seen for seen in self._seen.values() if seen.untold]
        due = [seen for seen in untold if everything or now - seen.untold_since >= _OLD]
        asked = [(seen.window, seen.untold) for seen in due]
        for seen in due:
            seen.untold = 0
        if asked:
            for seen, taken in zip(due, await self._windows.take(asked), strict=True):
                seen.remaining, seen.frees_in, seen.at = taken.remaining, taken.frees_in, now
        self._forget(now)

    def _forget(self, now: float) -> None:
        idle = [key for key, seen in self._seen.items() if not seen.untold and now - seen.at > seen.window.rule.seconds]
        for key in idle:
            del self._seen[key]
        if not any(seen.untold for seen in self._seen.values()):
            self._some.clear()
