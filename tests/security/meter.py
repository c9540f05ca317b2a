"""Counts the statements that the program really sends: a relay on loopback that reads the protocol as it passes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

__all__ = ["Meter"]

_UNTYPED = 8
"""Length of the messages without a type that ask for encryption; the server's answer is one byte."""
_RUNS = frozenset(b"QE")
"""Query and Execute: each runs one statement. Parsing, describing and closing run none."""


@dataclass
class Meter:
    """Statements since the last reset, of the role that serves people; background work runs as another role."""

    url: str
    statements: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @classmethod
    @asynccontextmanager
    async def before(cls, database_url: str) -> "AsyncIterator[Meter]":
        """Listen in front of a database; `url` is the address to use instead."""
        parts = urlsplit(database_url)
        meter = cls("")

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            upstream = await asyncio.open_connection(parts.hostname, parts.port)
            for flow in (meter._count(reader, upstream[1]), _copy(upstream[0], writer)):
                task = asyncio.create_task(flow)
                meter._tasks.add(task)
                task.add_done_callback(meter._tasks.discard)

        server = await asyncio.start_server(relay, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        address = f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{port}"
        meter.url = urlunsplit(parts._replace(netloc=address))
        try:
            yield meter
        finally:
            server.close()
            for task in list(meter._tasks):
                task.cancel()
            await asyncio.gather(*meter._tasks, return_exceptions=True)

    def reset(self) -> None:
        self.statements = 0

    async def _count(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = False
        with contextlib.closing(writer), contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readexactly(4)
                body = await reader.readexactly(int.from_bytes(head) - 4)
                writer.write(head + body)
                if len(head + body) > _UNTYPED:
                    serving = b"\0chatter_app\0" in body
                    break
            while True:
                head = await reader.readexactly(5)
                body = await reader.readexactly(int.from_bytes(head[1:]) - 4)
                self.statements += serving and head[0] in _RUNS
                writer.write(head + body)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.closing(writer), contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
