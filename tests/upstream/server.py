"""The fake provider as a server: raw asyncio and httptools, so that it is never what a benchmark measures."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import httptools
import msgspec

from tests.upstream.answers import ABORT, STALL, Action, ChatRequest, Pause, answer
from tests.upstream.vectors import EmbeddingRequest, embedding_response
from tests.upstream.wire import json_response

__all__ = ["MODELS", "Upstream", "serve_upstream"]

MODELS = ("echo", "quote", "tokens-100", "fake-embeddings")

_chat = msgspec.json.Decoder(ChatRequest)
_embeddings = msgspec.json.Decoder(EmbeddingRequest)


@dataclass
class Upstream:
    """A running fake and what it has seen."""

    key: str | None = None
    url: str = ""
    port: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    """"METHOD path" → how often."""
    keys: list[str] = field(default_factory=list)
    """The Authorization header of each request, in order."""
    bodies: list[bytes] = field(default_factory=list)
    """Bodies of the last requests; kept only when `remember` is set."""
    remember: bool = True
    open_streams: int = 0
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a caller leaves a stream before its end."""


@asynccontextmanager
async def serve_upstream(*, key: str | None = None, port: int = 0, remember: bool = True) -> AsyncIterator[Upstream]:
    """Serve on loopback; `key` is the bearer token that is asked of callers."""
    upstream = Upstream(key=key, remember=remember)
    loop = asyncio.get_running_loop()
    protocols: set[_Connection] = set()
    server = await loop.create_server(lambda: _Connection(upstream, protocols), "127.0.0.1", port)
    upstream.port = server.sockets[0].getsockname()[1]
    upstream.url = f"http://127.0.0.1:{upstream.port}/v1"
    try:
        yield upstream
    finally:
        server.close()
        for protocol in list(protocols):
            protocol.abort()
        await server.wait_closed()


class _Connection(asyncio.Protocol):
    def __init__(self, upstream: Upstream, protocols: "set[_Connection]") -> None:
        self._upstream = upstream
        self._protocols = protocols
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._streaming = False
        self._reset()

    def _reset(self) -> None:
        self._url = b""
        self._key = ""
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's transports are of no asyncio class
        self._protocols.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._protocols.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._streaming:
            self._end_stream()
            self._upstream.hung_up.set()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.abort()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"authorization":
            self._key = value.decode()

    def on_body(self, data: bytes) -> None:
        self._body.append(data)

    def on_message_complete(self) -> None:
        method, path, body = self._parser.get_method().decode(), self._url.decode(), b"".join(self._body)
        key = self._key
        self._reset()
        self._upstream.requests[f"{method} {path}"] += 1
        if self._upstream.remember:
            self._upstream.keys.append(key)
            self._upstream.bodies.append(body)
        if self._upstream.key is not None and key != f"Bearer {self._upstream.key}":
            self._write(json_response({"error": {"message": "Incorrect API key provided"}}, status=401))
        else:
            self._respond(f"{method} {path}", body)

    def _respond(self, target: str, body: bytes) -> None:
        if target == "POST /v1/chat/completions":
            self._streaming = True
            self._upstream.open_streams += 1
            self._play(answer(_chat.decode(body)))
        elif target == "POST /v1/embeddings":
            self._write(embedding_response(_embeddings.decode(body)))
        elif target == "GET /v1/models":
            self._write(json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS]}))
        else:
            self._write(json_response({"error": {"message": f"no {target} here"}}, status=404))

    def _play(self, actions: Iterator[Action]) -> None:
        for action in actions:
            if isinstance(action, bytes):
                self._write(action)
            elif isinstance(action, Pause):
                self._timer = asyncio.get_running_loop().call_later(action.seconds, self._play, actions)
                return
            elif action == ABORT:
                self.abort()
            elif action == STALL:
                return
        self._end_stream()

    def _end_stream(self) -> None:
        self._streaming = False
        self._upstream.open_streams -= 1

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
