"""Gives up a stream in which nothing comes any more, by one timer: aiohttp's own sets a new one for each read."""

import asyncio
from types import TracebackType

import aiohttp

__all__ = ["Silence"]

_LOOKS = 4
"""Times it looks before it gives up: what is silent for `seconds` is noticed a quarter of them later at most."""


class Silence:
    """While it is entered, reading `content` raises SocketTimeoutError after silence, and TimeoutError at the end."""

    def __init__(self, content: aiohttp.StreamReader, *, seconds: float, longest: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._content = content
        self._every = seconds / _LOOKS
        self._until = self._loop.time() + longest
        self._seen = -1
        self._quiet = 0
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> None:
        self._look()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        seen = self._content.total_bytes
        self._quiet = self._quiet + 1 if seen == self._seen else 0
        self._seen = seen
        if self._quiet >= _LOOKS:
            self._content.set_exception(aiohttp.SocketTimeoutError("silent"))
        elif self._loop.time() >= self._until:
            self._content.set_exception(TimeoutError("endless"))
        else:
            self._timer = self._loop.call_later(self._every, self._look)
