"""Server-sent events as bytes, encoded once and sent to any number of readers."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Protocol

from litestar.response import Stream
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Send

__all__ = ["EVENT_STREAM", "KEEP_ALIVE", "EventResponse", "Held", "LastFrame", "event_stream", "sse"]

EVENT_STREAM = "text/event-stream"

KEEP_ALIVE = b": keep-alive\n\n"
"""A comment: proxies see traffic, readers see nothing."""


class LastFrame(bytes):
    """One that no other follows: it goes out together with the end of the response."""

    __slots__ = ()


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
    return _EventStream(standing.while_held(frames), status_code=200, media_type=EVENT_STREAM, headers=_HEADERS)


class _EventStream(Stream):
    iterator: AsyncGenerator[bytes]

    def to_asgi_response(self, *_: object, headers: dict[str, str] | None = None, **__: object) -> ASGIResponse:
        """Take the headers of the route; of what else Litestar could add, such as cookies, a stream has none."""
        return EventResponse(
            self.iterator,
            status_code=self.status_code,
            media_type=self.media_type,
            headers={**(headers or {}), **self.headers},
        )


class EventResponse(ASGIResponse):
    """Sends frames until they or the reader's connection end.

    It does so in the request's own task; in Litestar's task group, that was a fiftieth of the CPU of a short turn.
    """

    __slots__ = ("_frames",)
    _should_set_content_length = False

    def __init__(self, frames: AsyncGenerator[bytes], **options: Any) -> None:
        super().__init__(**options)
        self._frames = frames

    async def send_body(self, send: Send, receive: Receive) -> None:
        """Send each frame as it comes; the frames are closed when the reader leaves."""
        sender, sending, last = asyncio.current_task(), True, b""

        def leave(left: asyncio.Task[None]) -> None:
            if sending and not left.cancelled() and sender is not None:
                sender.cancel()

        leaving = asyncio.create_task(_left(receive))
        leaving.add_done_callback(leave)
        try:
            async with aclosing(self._frames):
                async for frame in self._frames:
                    if isinstance(frame, LastFrame):
                        last = frame
                        break
                    await send({"type": "http.response.body", "body": frame, "more_body": True})
            sending = False
            await send({"type": "http.response.body", "body": last, "more_body": False})
        except asyncio.CancelledError:
            if not leaving.done() or sender is None or sender.uncancel() > 0:
                raise
        finally:
            sending = False
            leaving.cancel()


async def _left(receive: Receive) -> None:
    """Return when the reader's connection has ended."""
    while (await receive())["type"] != "http.disconnect":
        pass
