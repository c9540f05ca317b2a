"""A network cable between a process and a server that it needs, which can be pulled or carry nothing for a while."""

import asyncio
import contextlib
from urllib.parse import urlsplit, urlunsplit

__all__ = ["Cable"]


class Cable:
    """Forwards a port of loopback to a server. Pulled, it tears every connection and refuses new ones.

    Clogged, it takes everything and passes nothing on: the server is there and does not answer.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self.port = 0

    async def plug_in(self) -> None:
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def pull(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    def clog(self) -> None:
        self._flows.clear()

    def unclog(self) -> None:
        self._flows.set()

    def through(self, url: str) -> str:
        """The same address by way of this cable."""
        parts = urlsplit(url)
        login, _, _ = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{self.port}"))

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        out_reader, out_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        self._writers |= {writer, out_writer}
        with contextlib.suppress(OSError):
            await asyncio.gather(self._pump(reader, out_writer), self._pump(out_reader, writer))
        self._writers -= {writer, out_writer}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()
