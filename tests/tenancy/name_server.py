"""A name server on loopback that speaks the real protocol."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

__all__ = ["NameServer", "serve_names"]


class NameServer(asyncio.DatagramProtocol):
    """Answers text records from `records`; what it does not know does not exist."""

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        self.asked: asyncio.Event | None = None
        self.may_answer: asyncio.Event | None = None
        """Where set, the answer waits for it, and `asked` tells that it does."""
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # uvloop's is none by its class

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self.asked is None or self.may_answer is None:
            self._answer(data, addr)
            return
        task = asyncio.create_task(self._answer_later(data, addr, asked=self.asked, may_answer=self.may_answer))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _answer_later(
        self, data: bytes, addr: tuple[str, int], *, asked: asyncio.Event, may_answer: asyncio.Event
    ) -> None:
        asked.set()
        await may_answer.wait()
        self._answer(data, addr)

    def _answer(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        name = query.question[0].name
        texts = self.records.get(name.to_text(omit_final_dot=True).lower(), [])
        if texts:
            quoted = [f'"{text}"' for text in texts]
            answer.answer.append(dns.rrset.from_text(name, 1, "IN", dns.rdatatype.TXT, *quoted))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        assert self._transport is not None
        self._transport.sendto(answer.to_wire(), addr)

    @property
    def address(self) -> str:
        assert self._transport is not None
        host, port = self._transport.get_extra_info("sockname")
        return f"{host}:{port}"


@asynccontextmanager
async def serve_names() -> AsyncIterator[NameServer]:
    """A name server that knows nothing yet."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    try:
        yield server
    finally:
        transport.close()
