"""A client that costs little: raw asyncio and httptools, so that it is never what a benchmark measures."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httptools
import msgspec

__all__ = ["Answer", "Connection", "connect"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, and when its first marked bytes arrived (monotonic seconds)."""

    status: int
    body: bytes
    marked_at: float | None


class Connection(asyncio.Protocol):
    """One kept-alive connection that carries one request at a time."""

    def __init__(self, *, headers: dict[str, str]) -> None:
        self.status = 0
        self._head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._complete = True
        self._closed = False
        self._news: asyncio.Future[None] | None = None

    async def send(
        self, method: str, path: str, *, body: bytes = b"", accept: str = "*/*", mark: bytes = b""
    ) -> Answer:
        """Send a request and take the whole answer."""
        parts: list[bytes] = []
        marked_at: float | None = None
        async for data in self.stream(method, path, body=body, accept=accept):
            parts.append(data)
            if marked_at is None and mark and mark in data:
                marked_at = time.monotonic()
        return Answer(self.status, b"".join(parts), marked_at)

    async def json(self, method: str, path: str, *, content: object = None) -> msgspec.Raw:
        """Send JSON and return the JSON of a successful answer."""
        answer = await self.send(method, path, body=b"" if content is None else msgspec.json.encode(content))
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path} answers {answer.status}: {answer.body[:500].decode(errors='replace')}")
        return msgspec.Raw(answer.body)

    async def stream(
        self, method: str, path: str, *, body: bytes = b"", kind: str = "application/json", accept: str = "*/*"
    ) -> AsyncIterator[bytes]:
        """Send a request and yield the body as it comes."""
        self._begin(method, path, body, kind, accept)
        while True:
            if self._parts:
                parts, self._parts = self._parts, []
                yield parts[0] if len(parts) == 1 else b"".join(parts)
            elif self._complete:
                return
            elif self._closed:
                raise ConnectionError(f"the server hung up during {method} {path}")
            else:
                self._news = asyncio.get_running_loop().create_future()
                await self._news

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _begin(self, method: str, path: str, body: bytes, kind: str, accept: str) -> None:
        if self._transport is None or not self._complete:
            raise RuntimeError("the connection is busy or was never opened")
        self._complete, self._parser = False, httptools.HttpResponseParser(self)
        about_body = f"content-type: {kind}\r\n" if body else ""
        head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: {accept}\r\n{self._head}{about_body}"
        self._transport.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)

    def _wake(self) -> None:
        news, self._news = self._news, None
        if news is not None and not news.done():
            news.set_result(None)

    # --- asyncio's and httptools' words

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's transport has no common base with asyncio's

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed = True
        self._wake()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)
        self._wake()

    def on_body(self, data: bytes) -> None:
        self._parts.append(data)

    def on_message_complete(self) -> None:
        self.status = self._parser.get_status_code()
        self._complete = True


@asynccontextmanager
async def connect(port: int, *, headers: dict[str, str] | None = None) -> AsyncIterator[Connection]:
    """Open a connection on loopback whose requests all carry these headers."""
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(lambda: Connection(headers=headers or {}), "127.0.0.1", port)
    try:
        yield connection
    finally:
        connection.close()
