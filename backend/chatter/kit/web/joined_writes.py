"""uvicorn's HTTP protocol, which writes the head of a response by itself, with one write for the head and what follows.

A write to a socket costs 50 to 100 µs of CPU, most of it for waking the reader.
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["JoinedWrites", "JoinedWritesProtocol"]

_HEAD = b"HTTP/1.1 "
_INTERIM = b"HTTP/1.1 1"
"""A head that no body follows: 100 Continue, 101 Switching Protocols."""


class JoinedWrites:
    """A transport that keeps the head of a response until the next write, or until the loop's next round."""

    __slots__ = ("_head", "_loop", "_sending", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head = b""
        self._sending: asyncio.Handle | None = None

    def write(self, data: bytes) -> None:
        """Send what was kept with `data`, or keep that when it is a head."""
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None
            self._transport.write(self._head + data)
        elif data.startswith(_HEAD) and not data.startswith(_INTERIM):
            self._head = data
            self._sending = self._loop.call_soon(self.send)
        else:
            self._transport.write(data)

    def send(self) -> None:
        """Send the head that was kept, if there is one and somebody to read it."""
        if self._sending is not None and not self._transport.is_closing():
            self.write(b"")

    def close(self) -> None:
        """Close after what was kept."""
        self.send()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class JoinedWritesProtocol(HttpToolsProtocol):
    """For uvicorn's `http`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin with a transport that joins writes."""
        super().connection_made(cast("asyncio.Transport", JoinedWrites(transport, self.loop)))
