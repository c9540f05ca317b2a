"""How a stream of events ends: with its frames, with its reader, or with its server."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from chatter.kit.errors import Forbidden
from chatter.kit.standing import Standing, Standings
from chatter.kit.streaming import EventResponse, LastFrame, event_stream


class Reader:
    """One side of an ASGI connection."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self.sent: list[dict[str, Any]] = []
        self.closed = False
        """Whether the frames were closed, and not merely left."""

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    @property
    def read(self) -> list[bytes]:
        return [message["body"] for message in self.sent if message["type"] == "http.response.body"]

    async def frames(self, *, first: bytes) -> AsyncGenerator[bytes]:
        """One frame, and then nothing for ever."""
        try:
            yield first
            await asyncio.Event().wait()
        finally:
            self.closed = True

    def listen(self, response: EventResponse) -> asyncio.Task[None]:
        return asyncio.create_task(response({"type": "http"}, self.receive, self.send))  # type: ignore[arg-type]


async def _still() -> None:
    return None


async def _some_steps() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_stream_ends_with_its_frames() -> None:
    async def frames() -> AsyncGenerator[bytes]:
        yield b"one"
        yield b"two"

    reader = Reader()
    await reader.listen(EventResponse(frames(), media_type="text/event-stream"))
    assert reader.read == [b"one", b"two", b""]
    assert [message.get("more_body") for message in reader.sent] == [None, True, True, False]
    names = [name for name, _ in reader.sent[0]["headers"]]
    assert b"content-length" not in names


async def test_a_frame_that_says_to_be_the_last_goes_out_with_the_end() -> None:
    reader = Reader()

    async def frames() -> AsyncGenerator[bytes]:
        try:
            yield b"one"
            yield LastFrame(b"two")
        finally:
            reader.closed = True

    await reader.listen(EventResponse(frames()))
    assert (reader.read, reader.closed) == ([b"one", b"two"], True)
    assert [message.get("more_body") for message in reader.sent] == [None, True, False]


async def test_the_frames_are_closed_when_the_reader_leaves() -> None:
    reader = Reader()
    listening = reader.listen(EventResponse(reader.frames(first=b"one")))
    await _some_steps()
    reader.gone.set()
    await listening
    assert (reader.read, reader.closed, listening.cancelling()) == ([b"one"], True, 0)


async def test_a_stream_that_its_server_cancels_stays_cancelled_also_when_the_reader_leaves() -> None:
    for leaves in (False, True):
        reader = Reader()
        listening = reader.listen(EventResponse(reader.frames(first=b"one")))
        await _some_steps()
        if leaves:
            reader.gone.set()
            await asyncio.sleep(0)
        listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listening
        assert reader.closed


async def test_what_goes_wrong_in_the_frames_is_raised() -> None:
    async def frames() -> AsyncGenerator[bytes]:
        yield b"one"
        raise ZeroDivisionError

    reader = Reader()
    with pytest.raises(ZeroDivisionError):
        await reader.listen(EventResponse(frames()))
    assert reader.read == [b"one"]


async def test_whose_right_ends_as_they_leave_is_let_go() -> None:
    reader, standing = Reader(), Standing(Standings(), key="reader", why_ended=_still)
    stream: Any = event_stream(reader.frames(first=b"one"), standing)
    response = stream.to_asgi_response(None, None, headers={"x-of-the-route": "1"})
    assert isinstance(response, EventResponse)
    assert response.headers["x-of-the-route"] == "1"
    listening = reader.listen(response)
    await _some_steps()
    standing.end(Forbidden("No more."))
    reader.gone.set()
    await listening
    assert (reader.closed, listening.cancelling()) == (True, 0)
