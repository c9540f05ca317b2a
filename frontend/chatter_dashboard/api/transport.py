"""An in-process HTTP transport that streams.

httpx's own ASGI transport collects the whole body first, so a stream's first event would arrive with its last.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

import httpx

__all__ = ["ASGIApp", "Message", "Receive", "Send", "StreamingASGITransport"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Message, Receive, Send], Awaitable[None]]

IN_PROCESS = "in-process"
"""No socket has such an address, so the API can believe what these calls say of their origin."""

_QUEUED_MESSAGES = 64
_SECONDS_TO_CLOSE = 1.0


class StreamingASGITransport(httpx.AsyncBaseTransport):
    """Calls an ASGI application in this process and passes each piece of the body on as it is sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = _Exchange(self._app, _scope(request), body=await request.aread())
        status, headers = await exchange.start()
        return httpx.Response(status, headers=headers, stream=exchange, request=request)


class _Exchange(httpx.AsyncByteStream):
    """One request in flight: the application's task on one side, the reader of the response on the other."""

    def __init__(self, app: ASGIApp, scope: Message, *, body: bytes) -> None:
        self._app = app
        self._scope = scope
        self._body: bytes | None = body
        self._messages: asyncio.Queue[Message | None] = asyncio.Queue(_QUEUED_MESSAGES)
        self._gone = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        """Run the application until it sends its status; raise what it raised if it never does."""
        self._task = asyncio.create_task(self._run())
        first = await self._messages.get()
        if first is None:
            await self._task
            raise httpx.RemoteProtocolError("The application ended without a response.")
        return int(first["status"]), list(first.get("headers", []))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (message := await self._messages.get()) is not None:
            if body := message.get("body", b""):
                yield body
            if not message.get("more_body", False):
                return
        if self._task is not None:
            await self._task

    async def aclose(self) -> None:
        """Tell the application that its reader left; cancel it when it does not go by itself."""
        self._gone.set()
        if self._task is None:
            return
        while not self._messages.empty():
            self._messages.get_nowait()
        done, _ = await asyncio.wait({self._task}, timeout=_SECONDS_TO_CLOSE)
        if not done:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            await self._app(self._scope, self._receive, self._send)
        finally:
            if not self._gone.is_set():
                await self._messages.put(None)

    async def _receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if not self._gone.is_set():
            await self._messages.put(message)


def _scope(request: httpx.Request) -> Message:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path.split(b"?")[0],
        "query_string": request.url.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "server": (request.url.host, request.url.port or 80),
        "client": (IN_PROCESS, 0),
    }
