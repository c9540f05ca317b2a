"""What a reader gets of a stream once their right to read it has ended."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from chatter.kit.errors import Forbidden
from chatter.kit.standing import Standing, Standings


async def _still() -> None:
    return None


async def test_nothing_that_comes_after_the_end_is_passed_on() -> None:
    standing = Standing(Standings(), key="reader", why_ended=_still)

    async def frames() -> AsyncGenerator[bytes]:
        yield b"before"
        standing.end(Forbidden("No more."))
        yield b"after"

    seen = [frame async for frame in standing.while_held(frames())]
    assert (len(seen), seen[0]) == (2, b"before")
    assert seen[1].startswith(b"event: problem\ndata: {")
    assert b"No more." in seen[1]


async def test_a_stream_that_ends_by_itself_says_nothing_of_a_right() -> None:
    async def frames() -> AsyncGenerator[bytes]:
        yield b"only"

    standing = Standing(Standings(), key="reader", why_ended=_still)
    assert [frame async for frame in standing.while_held(frames())] == [b"only"]


async def test_whoever_waits_for_the_next_frame_is_told_at_once_and_is_not_cancelled() -> None:
    standing, reader = _waiting_reader()
    await _next_step()
    standing.end(Forbidden("No more."))
    standing.end(Forbidden("Not even now."))
    seen = await reader
    assert reader.cancelling() == 0
    assert [b"Not even now." in frame for frame in seen] == [True]


async def test_whoever_is_sending_a_frame_sends_it_first() -> None:
    standing = Standing(Standings(), key="reader", why_ended=_still)

    async def frames() -> AsyncGenerator[bytes]:
        yield b"first"
        yield b"second"

    passed = standing.while_held(frames())
    assert await anext(passed) == b"first"
    ending = asyncio.create_task(_end(standing))
    await ending
    assert b"event: problem" in await anext(passed)
    assert await anext(passed, None) is None


async def test_a_reader_who_is_cancelled_as_their_right_ends_stays_cancelled() -> None:
    standing, reader = _waiting_reader()
    await _next_step()
    reader.cancel()
    standing.end(Forbidden("No more."))
    with pytest.raises(asyncio.CancelledError):
        await reader


async def test_a_reader_who_is_cancelled_while_their_right_stands_is_cancelled() -> None:
    _, reader = _waiting_reader()
    await _next_step()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader


def _waiting_reader() -> tuple[Standing, asyncio.Task[list[bytes]]]:
    """Somebody who reads a stream in which nothing comes; the task returns what they were sent."""
    standing = Standing(Standings(), key="reader", why_ended=_still)

    async def frames() -> AsyncGenerator[bytes]:
        await asyncio.Event().wait()
        yield b"never"

    async def read() -> list[bytes]:
        return [frame async for frame in standing.while_held(frames())]

    return standing, asyncio.create_task(read())


async def _next_step() -> None:
    """Let the tasks that were begun come to where they wait."""
    for _ in range(3):
        await asyncio.sleep(0)


async def _end(standing: Standing) -> None:
    standing.end(Forbidden("No more."))
