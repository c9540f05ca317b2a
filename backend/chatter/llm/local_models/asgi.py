"""The least of ASGI that four routes need: read a body, answer JSON, stream events, notice that the caller has left."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

__all__ = ["ASGIReceive", "ASGISend", "BodyTooLarge", "read_body", "send_json", "until_disconnected"]

ASGIReceive = Callable[[], Awaitable[Mapping[str, Any]]]
ASGISend = Callable[[dict[str, Any]], Awaitable[None]]

_encoder = msgspec.json.Encoder()


class BodyTooLarge(Exception):
    """More bytes than any honest request of ours has."""


async def read_body(receive: ASGIReceive, *, limit: int) -> bytes:
    """The whole body; raises BodyTooLarge."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise BodyTooLarge
        if not message.get("more_body", False):
            return b"".join(parts)


async def send_json(
    send: ASGISend, content: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> None:
    """Answer with one JSON body; bytes pass through as they are."""
    body = content if isinstance(content, bytes) else _encoder.encode(content)
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
                *((name.encode(), value.encode()) for name, value in (headers or {}).items()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def until_disconnected(receive: ASGIReceive, work: Awaitable[None]) -> None:
    """Do the work, and cancel it when the caller hangs up."""
    task = asyncio.ensure_future(work)
    watcher = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait({task, watcher}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        watcher.cancel()
        if not task.done():
            task.cancel()
        await asyncio.wait({task, watcher})
    if not task.cancelled():
        task.result()


async def _disconnected(receive: ASGIReceive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
