"""Some providers that go on with a begun answer repeat its beginning: it is taken out of their stream."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from chatter.llm.ports import ChatDelta

__all__ = ["without_beginning"]


async def without_beginning(deltas: AsyncGenerator[ChatDelta], beginning: str) -> AsyncGenerator[ChatDelta]:
    """Pass deltas on without `beginning`; one that does not repeat it is passed on as it is."""
    held: str | None = ""
    async with aclosing(deltas):
        async for delta in deltas:
            if held is None:
                yield delta
                continue
            held += delta.text
            if delta.finish_reason is None and beginning.startswith(held):
                continue
            text, held = held.removeprefix(beginning), None
            yield msgspec.structs.replace(delta, text=text)
