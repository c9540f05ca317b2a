"""python -m tests.bench.relay --port P --upstream U [--database URL]: bytes from the upstream to the caller.

What any Python server pays for a token: the same server program as ours, a bare ASGI application, a raw reader, and
nothing else. With a database it also reads the tokens, and stores the question and the answer: what any product must.
"""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import uvicorn

from tests.bench.client import Connection, connect

_TABLE = "create table if not exists relayed (id uuid primary key, role text, text text, at timestamptz default now())"
_STORE = "insert into relayed (id, role, text) values ($1, $2, $3)"
_HEAD = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]}


class _Relay:
    """Keeps its connections to the upstream."""

    def __init__(self, upstream: int, *, database: str | None) -> None:
        self._upstream = upstream
        self._messages = None if database is None else _Messages(database)
        self._idle: list[Connection] = []
        self._open = AsyncExitStack()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = await _whole(receive)
        connection = self._idle.pop() if self._idle else await self._open.enter_async_context(connect(self._upstream))
        if self._messages is not None:
            await self._messages.store("user", _asked(body))
        await send(_HEAD)
        said, unread = [], b""
        async for data in connection.stream("POST", scope["path"], body=body):
            if self._messages is not None:
                *lines, unread = (unread + data).split(b"\n")
                said += _said(lines)
            await send({"type": "http.response.body", "body": data, "more_body": True})
        if self._messages is not None:
            await self._messages.store("assistant", "".join(said))
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        self._idle.append(connection)


class _Messages:
    """Rows of one table."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._opening = asyncio.Lock()
        self._pool: asyncpg.Pool | None = None

    async def store(self, role: str, text: str) -> None:
        pool = self._pool or await self._opened()
        await pool.execute(_STORE, uuid4(), role, text)

    async def _opened(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                pool = await asyncpg.create_pool(self._database)
                await pool.execute(_TABLE)
                self._pool = pool
            return self._pool


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


def _asked(body: bytes) -> str:
    return _question.decode(body).messages[-1].content or ""


def _said(lines: Sequence[bytes]) -> list[str]:
    chunks = [line.removeprefix(b"data: ") for line in lines if line.startswith(b"data: {")]
    return [choice.delta.content or "" for chunk in chunks for choice in _chunk.decode(chunk).choices]


async def _whole(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="tests.bench.relay")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", type=int, required=True)
    parser.add_argument("--database")
    arguments = parser.parse_args()
    config = uvicorn.Config(
        _Relay(arguments.upstream, database=arguments.database),
        port=arguments.port,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
