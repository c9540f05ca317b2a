"""python -m tests.bench.storing_relay --port P --upstream U --database URL: a relay that does what any product must.

The same framework and server as ours: it reads each token, sends it on as an event of its own, and stores the question
and the answer. No accounts, tenants, documents, graph, leases or receipts.
"""

import argparse
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import uvicorn
from litestar import Litestar, Request, post
from litestar.response import Stream

from tests.bench.client import Connection, connect

_TABLE = "create table relayed (id uuid primary key, role text, text text, at timestamptz default now())"
_STORE = "insert into relayed (id, role, text) values ($1, $2, $3)"


class _Message(msgspec.Struct):
    content: str | None = None


class _Question(msgspec.Struct):
    messages: list[_Message]


class _Choice(msgspec.Struct):
    delta: _Message


class _Chunk(msgspec.Struct):
    choices: list[_Choice]


_question = msgspec.json.Decoder(_Question)
_chunk = msgspec.json.Decoder(_Chunk)
_encode = msgspec.json.Encoder().encode


class _Relay:
    """Keeps its connections to the upstream and to the database."""

    def __init__(self, upstream: int, *, database: str) -> None:
        self._upstream = upstream
        self._database = database
        self._idle: list[Connection] = []

    @asynccontextmanager
    async def open(self, _: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as self._open, asyncpg.create_pool(self._database) as self._pool:
            await self._pool.execute(_TABLE)
            yield

    async def answer(self, body: bytes, *, path: str) -> AsyncIterator[bytes]:
        connection = self._idle.pop() if self._idle else await self._open.enter_async_context(connect(self._upstream))
        await self._store("user", _question.decode(body).messages[-1].content or "")
        said, unread = [], b""
        async for data in connection.stream("POST", path, body=body):
            *lines, unread = (unread + data).split(b"\n")
            for text in _texts(lines):
                said.append(text)
                yield b'data: {"content":%b}\n\n' % _encode(text)
        await self._store("assistant", "".join(said))
        self._idle.append(connection)

    async def _store(self, role: str, text: str) -> None:
        await self._pool.execute(_STORE, uuid4(), role, text)


def _texts(lines: list[bytes]) -> list[str]:
    chunks = [_chunk.decode(line.removeprefix(b"data: ")) for line in lines if line.startswith(b"data: {")]
    return [choice.delta.content for chunk in chunks for choice in chunk.choices if choice.delta.content]


def _application(relay: _Relay) -> Litestar:
    @post("/v1/chat/completions", status_code=200)
    async def complete(request: Request[Any, Any, Any]) -> Stream:
        frames = relay.answer(await request.body(), path=request.url.path)
        return Stream(frames, media_type="text/event-stream")

    return Litestar([complete], lifespan=[relay.open], openapi_config=None, logging_config=None)


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="tests.bench.storing_relay")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", type=int, required=True)
    parser.add_argument("--database", required=True)
    arguments = parser.parse_args()
    config = uvicorn.Config(
        _application(_Relay(arguments.upstream, database=arguments.database)),
        port=arguments.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
