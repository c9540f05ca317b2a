"""Heads of responses go out with what follows them, and by themselves when nothing does."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest_asyncio
import uvicorn

from chatter.kit.web.joined_writes import JoinedWrites, JoinedWritesProtocol

_HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


class Wire:
    """Notes what is written, and the end of it."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.written.append(b"closed")

    def is_closing(self) -> bool:
        return self.written[-1:] == [b"closed"]


def joined() -> tuple[Wire, JoinedWrites]:
    wire = Wire()
    return wire, JoinedWrites(cast("asyncio.Transport", wire), asyncio.get_running_loop())


async def test_a_head_goes_out_with_its_body() -> None:
    wire, writes = joined()
    for data in (_HEAD, b"one", b"two", _HEAD, b"three"):
        writes.write(data)
    await asyncio.sleep(0)
    assert wire.written == [_HEAD + b"one", b"two", _HEAD + b"three"]


async def test_a_head_that_nothing_follows_goes_out_in_the_loops_next_round() -> None:
    wire, writes = joined()
    writes.write(_HEAD)
    assert wire.written == []
    await asyncio.sleep(0)
    assert wire.written == [_HEAD]
    writes.write(b"later")
    assert wire.written == [_HEAD, b"later"]


async def test_what_asks_for_more_does_not_wait() -> None:
    wire, writes = joined()
    writes.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    writes.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
    assert len(wire.written) == 2


async def test_what_is_kept_goes_out_before_the_end() -> None:
    wire, writes = joined()
    writes.write(_HEAD)
    writes.close()
    assert wire.written == [_HEAD, b"closed"]
    assert writes.is_closing()
    await asyncio.sleep(0)
    assert wire.written == [_HEAD, b"closed"]


async def test_a_head_is_dropped_when_its_reader_is_gone() -> None:
    wire, writes = joined()
    writes.write(_HEAD)
    wire.close()
    await asyncio.sleep(0)
    writes.close()
    assert wire.written == [b"closed", b"closed"]


async def _answer(scope: Any, receive: Any, send: Any) -> None:
    status = 204 if scope["path"] == "/nothing" else 200
    headers = [(b"content-length", b"6")] if scope["path"] == "/sized" else []
    body = b"" if status == 204 else b"answer"
    if scope["method"] == "POST":
        body = (await receive())["body"]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": scope["path"] == "/parts"})
    if scope["path"] == "/parts":
        await asyncio.sleep(0.01)
        await send({"type": "http.response.body", "body": b" and more"})


@pytest_asyncio.fixture
async def port() -> AsyncIterator[int]:
    """A server that writes through the protocol."""
    config = uvicorn.Config(_answer, port=0, http=JoinedWritesProtocol, lifespan="off", log_level="warning")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.wait({serving}, timeout=0.05)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


async def test_every_kind_of_response_arrives_on_a_connection_that_is_kept(port: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(2):
            assert (await client.get("/parts")).text == "answer and more"
            assert (await client.get("/sized")).text == "answer"
            assert (await client.head("/sized")).headers["content-length"] == "6"
            assert (await client.get("/nothing")).status_code == 204
        assert (await client.get("/sized", headers={"connection": "close"})).text == "answer"


async def test_a_client_that_waits_to_be_asked_is_asked(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n"
    writer.write(head + b"expect: 100-continue\r\nconnection: close\r\n\r\n")
    assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).startswith(b"HTTP/1.1 100 ")
    writer.write(b"body")
    assert b"body" in await asyncio.wait_for(reader.read(), 10)
    writer.close()
