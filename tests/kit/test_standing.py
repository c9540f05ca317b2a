"""What a reader gets of a stream once their right to read it has ended."""

from collections.abc import AsyncGenerator

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
