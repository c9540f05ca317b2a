"""A run's stream for those who read what somebody else asked: without what is hidden from them, while they may."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from uuid import UUID

import msgspec

from chatter.runs.frames import split
from chatter.runs.repository import Reading

__all__ = ["CHECK_SECONDS", "shared", "without"]

CHECK_SECONDS = 1.0
"""How often it is asked whether the reader may still read, and what."""

_CUSTOM = b"\nevent: CUSTOM\n"
_TOOLS = b"\nevent: TOOL_CALL_"
_DATA = b"\ndata: "


class _Custom(msgspec.Struct, omit_defaults=True):
    """An event of a domain's own; what it tells may be a list of sources."""

    type: str
    name: str
    value: msgspec.Raw
    timestamp: int | None = None


class _Source(msgspec.Struct):
    document_id: UUID | None = None


_custom = msgspec.json.Decoder(_Custom)
_list = msgspec.json.Decoder(list[msgspec.Raw])
_source = msgspec.json.Decoder(_Source)
_said = msgspec.json.Decoder(dict[str, str | int])


async def shared(
    frames: AsyncGenerator[bytes], reading: Reading, *, ask: Callable[[], Awaitable[Reading | None]]
) -> AsyncGenerator[bytes]:
    """Pass frames on until they end or `ask` says that the reader may read no more."""
    loop = asyncio.get_running_loop()
    asked_at, coming = loop.time(), asyncio.ensure_future(anext(frames, None))
    try:
        while True:
            await asyncio.wait({coming}, timeout=max(0.0, asked_at + CHECK_SECONDS - loop.time()))
            if loop.time() - asked_at >= CHECK_SECONDS:
                current = await ask()
                if current is None:
                    return
                reading, asked_at = current, loop.time()
            if coming.done():
                if (piece := coming.result()) is None:
                    return
                coming = asyncio.ensure_future(anext(frames, None))
                yield without(piece, reading.hidden)
    finally:
        coming.cancel()
        await asyncio.wait({coming})
        await frames.aclose()


def without(frames: bytes, hidden: Collection[UUID]) -> bytes:
    """The frames, their lists without the items that name one of these documents.

    What tools were asked and what they found is for whoever asked: others see that one was called.
    """
    if _TOOLS in frames:
        frames = b"".join(_emptied(piece) if _TOOLS in piece else piece for piece in split(frames))
    if not hidden or _CUSTOM not in frames:
        return frames
    return b"".join(_narrowed(piece, hidden) if _CUSTOM in piece else piece for piece in split(frames))


def _emptied(piece: bytes) -> bytes:
    head, _, data = piece.partition(_DATA)
    event = _said.decode(data)
    kept = {name: value for name, value in event.items() if name not in {"delta", "content"}}
    return head + _DATA + msgspec.json.encode(kept | dict.fromkeys(event.keys() & {"delta", "content"}, "")) + b"\n\n"


def _narrowed(piece: bytes, hidden: Collection[UUID]) -> bytes:
    head, _, data = piece.partition(_DATA)
    event = _custom.decode(data)
    if not bytes(event.value).startswith(b"["):
        return piece
    kept = [item for item in _list.decode(event.value) if _source.decode(item).document_id not in hidden]
    event.value = msgspec.Raw(msgspec.json.encode(kept))
    return head + _DATA + msgspec.json.encode(event) + b"\n\n"
