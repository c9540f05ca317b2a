"""Streams straight from the fake provider, or through the raw relay: what everything else is compared with."""

import asyncio
import statistics
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass

import msgspec

from tests.bench.accounting import CpuWatch
from tests.bench.client import Connection, connect

__all__ = ["Load", "first_token_seconds", "relayed_token_cost"]

_PATH = "/v1/chat/completions"
_MARK = b'"content":'


@dataclass(frozen=True, kw_only=True)
class Load:
    """So many streams at once, of so many tokens each, at so many a second."""

    streams: int
    tokens: int = 100
    rate: int = 20

    @property
    def model(self) -> str:
        return f"tokens-{self.tokens}@{self.rate}"

    @property
    def total(self) -> int:
        return self.streams * self.tokens


async def relayed_token_cost(port: int, *, pid: int, load: Load) -> float:
    """Return the CPU seconds a token of the raw relay."""
    body = _question(load.model)
    async with AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(connect(port)) for _ in range(load.streams)]
        await asyncio.gather(
            *(connection.send("POST", _PATH, body=_question("tokens-1")) for connection in connections)
        )
        watch = CpuWatch({"relay": pid})
        answers = await asyncio.gather(*(connection.send("POST", _PATH, body=body) for connection in connections))
        spent = watch.spent()["relay"]
    received = sum(answer.body.count(b'"content":"w') for answer in answers)
    if received != load.total:
        raise RuntimeError(f"the relay brought {received} of {load.total} tokens")
    return spent / load.total


async def first_token_seconds(port: int, *, rounds: int, model: str) -> float:
    """Return the median time from a question to its first token, one after another."""
    async with connect(port) as connection:
        return statistics.median([await _first_token(connection, model=model) for _ in range(rounds)])


async def _first_token(connection: Connection, *, model: str) -> float:
    started = time.monotonic()
    answer = await connection.send("POST", _PATH, body=_question(model), mark=_MARK)
    if answer.marked_at is None:
        raise RuntimeError("the fake provider sent no token")
    return answer.marked_at - started


def _question(model: str) -> bytes:
    return msgspec.json.encode({"model": model, "stream": True, "messages": [{"role": "user", "content": "hello"}]})
