"""python -m tests.bench.relay --port P --upstream U: bytes from the upstream to the caller, and nothing else.

What any Python server pays for a token: the same server program as ours, a bare ASGI application, a raw reader.
"""

import argparse
from contextlib import AsyncExitStack
from typing import Any

import uvicorn

from tests.bench.client import Connection, connect

_HEAD = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]}


class _Relay:
    """Keeps its connections to the upstream."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._idle: list[Connection] = []
        self._open = AsyncExitStack()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = await _whole(receive)
        connection = self._idle.pop() if self._idle else await self._open.enter_async_context(connect(self._upstream))
        await send(_HEAD)
        async for data in connection.stream("POST", scope["path"], body=body):
            await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        self._idle.append(connection)


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
    arguments = parser.parse_args()
    config = uvicorn.Config(
        _Relay(arguments.upstream),
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
