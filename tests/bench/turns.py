"""Turns: signed in, in a tenant, retrieved, through LangGraph, streamed and stored."""

import asyncio
import statistics
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import msgspec

from chatter.chat.schemas import Conversation
from tests.bench.accounting import CpuWatch
from tests.bench.client import Connection
from tests.bench.organization import API, Organization
from tests.bench.provider import Load

__all__ = ["Asked", "Chat", "Spent"]

_TEXT = b"event: TEXT_MESSAGE_CONTENT\n"
_ANSWERED = b'"outcome":"answered"'
_SETTLING = 1.0
"""Seconds after the last event, in which a turn's last rows are stored."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One turn as its reader saw it."""

    to_first_token: float
    tokens: int


@dataclass(frozen=True, kw_only=True)
class Spent:
    """CPU seconds of each process for so many turns."""

    seconds: dict[str, float]
    asked: list[Asked] = field(repr=False)

    def per_turn(self, name: str) -> float:
        return self.seconds[name] / len(self.asked)

    def per_token(self, name: str) -> float:
        return self.seconds[name] / sum(turn.tokens for turn in self.asked)

    @property
    def first_token(self) -> float:
        """Median seconds from the question to the first token."""
        return statistics.median(turn.to_first_token for turn in self.asked)

    @property
    def slow_first_token(self) -> float:
        """The 99th of a hundred."""
        return statistics.quantiles((turn.to_first_token for turn in self.asked), n=100)[98]


@dataclass(frozen=True, kw_only=True)
class Chat:
    """An organisation with documents that asks the fake provider's models."""

    organization: Organization
    models: dict[str, UUID]
    question: str
    processes: dict[str, int]
    """What CPU is counted of: pids by name."""

    async def at_once(self, load: Load) -> Spent:
        """Ask `load.streams` questions at the same time, each in a conversation of its own."""
        conversations = await self._conversations(load.streams)
        async with AsyncExitStack() as stack:
            # Opened last: the server closes a connection that was used and then lies idle.
            opened = [await stack.enter_async_context(self.organization.connect()) for _ in conversations]
            watch = CpuWatch(self.processes)
            pairs = zip(opened, conversations, strict=True)
            asked = await asyncio.gather(*(self._ask(*pair, load=load) for pair in pairs))
            await asyncio.sleep(_SETTLING)
            return Spent(seconds=watch.spent(), asked=asked)

    async def steadily(self, load: Load, *, rounds: int) -> Spent:
        """Keep `load.streams` answers open: whoever has read theirs asks again, and they began one after another."""
        conversations = await self._conversations(load.streams * rounds)

        async def ask_again(own: list[UUID], *, after: float) -> list[Asked]:
            await asyncio.sleep(after)
            async with self.organization.connect() as connection:
                return [await self._ask(connection, conversation, load=load) for conversation in own]

        watch, apart = CpuWatch(self.processes), load.tokens / load.rate / load.streams
        people = [ask_again(conversations[n :: load.streams], after=n * apart) for n in range(load.streams)]
        asked = [one for person in await asyncio.gather(*people) for one in person]
        await asyncio.sleep(_SETTLING)
        return Spent(seconds=watch.spent(), asked=asked)

    async def one_by_one(self, load: Load, *, rounds: int) -> Spent:
        """Ask one question after another, each in a conversation of its own."""
        conversations = await self._conversations(rounds)
        async with self.organization.connect() as connection:
            watch = CpuWatch(self.processes)
            asked = [await self._ask(connection, conversation, load=load) for conversation in conversations]
            await asyncio.sleep(_SETTLING)
            return Spent(seconds=watch.spent(), asked=asked)

    async def _conversations(self, count: int) -> list[UUID]:
        async with self.organization.connect() as connection:
            return [await _conversation(connection) for _ in range(count)]

    async def _ask(self, connection: Connection, conversation: UUID, *, load: Load) -> Asked:
        body = msgspec.json.encode({"question": self.question, "model_id": self.models[load.model]})
        started = time.monotonic()
        path = f"{API}/conversations/{conversation}/turns"
        events = await connection.send("POST", path, body=body, accept="text/event-stream", mark=_TEXT)
        if events.marked_at is None or _ANSWERED not in events.body:
            raise RuntimeError(f"no answer: {events.body[-800:].decode(errors='replace')}")
        return Asked(to_first_token=events.marked_at - started, tokens=_tokens(events.body, wanted=load.tokens))


async def _conversation(connection: Connection) -> UUID:
    content = {"title": f"About {uuid4().hex[:8]}"}
    answer = await connection.json("POST", f"{API}/conversations", content=content)
    return msgspec.json.decode(answer, type=Conversation).id


def _tokens(events: bytes, *, wanted: int) -> int:
    """Count the words of the streamed text, which are the fake model's tokens."""
    streamed = sum(line.count(b"w") for line in _deltas(events))
    if streamed != wanted:
        raise RuntimeError(f"{streamed} of {wanted} tokens arrived")
    return streamed


def _deltas(events: bytes) -> list[bytes]:
    return [piece.partition(b'"delta":')[2].partition(b"\n")[0] for piece in events.split(_TEXT)[1:]]
