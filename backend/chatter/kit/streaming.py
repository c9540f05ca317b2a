"""Server-sent events as bytes, encoded once and sent to any number of readers."""

from collections.abc import AsyncGenerator
from typing import Protocol

from litestar.response import Stream

__all__ = ["EVENT_STREAM", "KEEP_ALIVE", "Held", "event_stream", "sse"]

EVENT_STREAM = "text/event-stream"

KEEP_ALIVE = b": keep-alive\n\n"
"""A comment: proxies see traffic, readers see nothing."""


class Held(Protocol):
    """A reader's right to go on reading."""

    def while_held(self, frames: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
        """Pass the frames on until the right ends."""
        ...


_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def sse(*, id: int | None, event: str, data: bytes) -> bytes:  # noqa: A002  # the protocol's own word
    """One frame. `data` must hold no line break, as JSON does not."""
    numbered = b"" if id is None else b"id: %d\n" % id
    return b"%bevent: %b\ndata: %b\n\n" % (numbered, event.encode(), data)


def event_stream(frames: AsyncGenerator[bytes], standing: Held) -> Stream:
    """Answer with frames as they come, while the reader may read; nothing between us and them may keep them back."""
    return Stream(standing.while_held(frames), status_code=200, media_type=EVENT_STREAM, headers=_HEADERS)
