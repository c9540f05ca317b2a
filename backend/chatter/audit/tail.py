"""The live tail: rows in the order of the chain, each once, from the place that the reader names."""

import asyncio
import time
from collections.abc import AsyncGenerator

import msgspec

from chatter.audit.repository import AuditRepository
from chatter.kit.streaming import KEEP_ALIVE, sse

__all__ = ["TAIL_SECONDS", "tail"]

TAIL_SECONDS = 60.0
"""Readers come back with the last number they have: so a role that was taken away ends the tail within this time."""

_LOOK_SECONDS = 0.5
_QUIET_SECONDS = 10.0
_PAGE = 200


async def tail(log: AuditRepository, *, after: int, seconds: float = TAIL_SECONDS) -> AsyncGenerator[bytes]:
    """Frames named `audit`, numbered by their place in the chain. Without a gap: only erased rows are left out."""
    ends, spoke = time.monotonic() + seconds, time.monotonic()
    yield b"id: %d\n\n" % after  # no event: the place to come back to, also when nothing comes
    while True:
        events, after = await log.sealed(after=after, limit=_PAGE)
        for event in events:
            yield sse(id=event.position, event="audit", data=msgspec.json.encode(event))
        now = time.monotonic()
        if events:
            spoke = now
        elif now >= ends:
            return
        elif now - spoke >= _QUIET_SECONDS:
            spoke = now
            yield KEEP_ALIVE
        if not events:
            await asyncio.sleep(_LOOK_SECONDS)
