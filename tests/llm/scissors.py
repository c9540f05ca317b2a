"""A way to a provider that cuts, stalls, garbles or delays what it answers, once its first word has come or before."""

import asyncio
import contextlib
import re
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Literal

__all__ = ["Cut", "Scissors"]

Cut = Literal[
    "none",
    "hang up",
    "silence",
    "late",
    "abort",
    "end",
    "stall",
    "garble",
    "no counts",
    "negative counts",
    "absurd counts",
    "wordy counts",
    "changed counts",
]
GARBAGE = b'data: {"choices": [{"delta"\n\n'
LAST_CHUNK = b"0\r\n\r\n"
_LATE_SECONDS = 0.6
_COUNT = re.compile(rb'("(?:prompt|completion|input|output|promptToken|candidatesToken)_?(?:[Tt]okens|Count)": ?)\d+')
_LAST_COUNTS = re.compile(rb'"completion_tokens"|message_delta')
_COUNTED: dict[Cut, Callable[[bytes], bytes]] = {
    "no counts": lambda content: content.replace(b'"usage', b'"usagx'),
    "negative counts": lambda content: _COUNT.sub(rb"\g<1>-7", content),
    "wordy counts": lambda content: _COUNT.sub(rb'\g<1>"nine"', content),
    "absurd counts": lambda content: _COUNT.sub(rb"\g<1>7000000000000", content),
}


@dataclass
class Scissors:
    """Forwards a port of loopback; each response is dealt with in the same way, and its connection closed."""

    target_port: int
    cut: Cut
    first_word: bytes
    calls: int = 0
    """How many requests arrived."""
    port: int = 0

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Scissors"]:
        self._closing = asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            self._closing.set()
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            request = await _message(reader)
            self.calls += 1
            if self.cut == "silence":
                await self._closing.wait()
            elif self.cut != "hang up":
                await self._answer(request, writer)
        writer.close()

    async def _answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", self.target_port)
        with contextlib.closing(forth):
            forth.write(request)
            await self._pass_on(back, writer)

    async def _pass_on(self, back: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await back.readuntil(b"\r\n\r\n")
        if self.cut == "late":
            await asyncio.sleep(_LATE_SECONDS)
        writer.write(head[:-2].replace(b"Connection: keep-alive", b"X-Connection: kept") + b"Connection: close\r\n\r\n")
        if b"chunked" in head.lower():
            await self._chunks(back, writer)
        else:
            writer.write(await back.readexactly(_length(head)))
        await writer.drain()

    async def _chunks(self, back: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        spoken = False
        while chunk := await _chunk(back):
            if spoken and self.cut in {"abort", "end", "stall"}:
                await self._stop(writer)
                return
            if spoken and self.cut == "garble":
                chunk = GARBAGE
            if self.cut == "changed counts" and _LAST_COUNTS.search(chunk):
                before = _framed(chunk, lambda content: _COUNT.sub(rb"\g<1>3", content))
                writer.write(b"%x\r\n%b\r\n" % (len(before), before))
            elif self.cut in _COUNTED:
                chunk = _framed(chunk, _COUNTED[self.cut])
            writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            spoken = spoken or self.first_word in chunk
        writer.write(LAST_CHUNK)

    async def _stop(self, writer: asyncio.StreamWriter) -> None:
        await writer.drain()
        if self.cut == "end":
            writer.write(LAST_CHUNK)
        elif self.cut == "stall":
            await self._closing.wait()
        else:
            await asyncio.sleep(0.05)  # what was written before it is on its way
            writer.transport.abort()


async def _message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    return head + await reader.readexactly(_length(head))


async def _chunk(reader: asyncio.StreamReader) -> bytes:
    size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
    return (await reader.readexactly(size + 2))[:-2]


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return int(value)
    return 0


def _framed(chunk: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Change the content; one of Amazon's frames gets the length and the checksums that it then has."""
    if int.from_bytes(chunk[:4], "big") != len(chunk):
        return change(chunk)
    content = change(chunk[12:-4])
    prelude = (len(content) + 16).to_bytes(4, "big") + chunk[4:8]
    message = prelude + zlib.crc32(prelude).to_bytes(4, "big") + content
    return message + zlib.crc32(message).to_bytes(4, "big")
