"""What the person adds while an answer is written: the model is told before its next call, or interrupted for it."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from chatter.chat.schemas import Steered
from chatter.chat.tool_rounds import Added, Round
from chatter.chat.turn_state import TurnContext
from chatter.llm.ports import ToolCall
from chatter.runs.schemas import Custom

__all__ = ["spoken_until_steered", "take", "unheard"]


async def unheard(context: TurnContext, rounds: Sequence[Round]) -> Sequence[Added]:
    """Return what was added and is in no round yet. The database is asked only when there may be something."""
    run = context.run
    if not run.news.is_set():
        return ()
    run.news.clear()
    heard = {added.id for each in rounds for added in each.added}
    said = await context.repository.instructions(run.grant.tenant_id, run_id=run.grant.run_id)
    return [added for added in said if added.id not in heard]


async def take(context: TurnContext, added: Sequence[Added]) -> None:
    """Show where in the answer something was added, and note it."""
    position = len(context.run.log.text_so_far)
    await context.repository.take_instructions(context.run.grant, added, position=position)
    shown = [Steered(id=each.id, text=each.text, position=position) for each in added]
    context.run.log.emit(Custom(name="steered", value=shown), border=True)


async def spoken_until_steered(
    speaking: Coroutine[None, None, Sequence[ToolCall]], context: TurnContext, *, rounds: Sequence[Round]
) -> tuple[Sequence[ToolCall], Sequence[Added]]:
    """Let the model speak; return the calls that it ends with, and what was added before it was through."""
    talk = asyncio.ensure_future(speaking)
    try:
        while not talk.done():
            await _first_of(talk, context.run.news)
            if not talk.done() and (added := await unheard(context, rounds)):
                await _ended(talk)
                return (), added
        calls = talk.result()
        return calls, () if calls else await unheard(context, rounds)
    finally:
        await _ended(talk)


async def _first_of(talk: "asyncio.Future[Sequence[ToolCall]]", news: asyncio.Event) -> None:
    told: asyncio.Future[Any] = asyncio.ensure_future(news.wait())
    either: set[asyncio.Future[Any]] = {talk, told}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    finally:
        told.cancel()


async def _ended(talk: "asyncio.Future[Sequence[ToolCall]]") -> None:
    """Interrupt the model, and wait until what it had said is written down."""
    if not talk.done():
        talk.cancel()
        await asyncio.wait({talk})
    if not talk.cancelled():
        talk.exception()
