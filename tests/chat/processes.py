"""Web processes of their own, which can be killed, and a proxy in front of them."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence

from chatter.embedded.processes import free_port
from chatter.kit.settings import Settings

__all__ = ["Proxy", "WebProcess", "web_process"]


class WebProcess:
    """One web process: its address, and the process."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self.port = port

    async def kill(self, by: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal and wait until the process is gone."""
        if self._process.returncode is None:
            self._process.send_signal(by)
        await self._process.wait()

    def send(self, by: signal.Signals) -> None:
        self._process.send_signal(by)


@contextlib.asynccontextmanager
async def web_process(settings: Settings) -> AsyncIterator[WebProcess]:
    """Start one and wait until it answers."""
    port = free_port()
    command = [sys.executable, "-m", "chatter.cli.serve", "--port", str(port)]
    process = await asyncio.create_subprocess_exec(*command, env=_environment(settings))
    web = WebProcess(process, port)
    try:
        async with asyncio.timeout(90):
            while not await _answers(port):
                assert process.returncode is None
                await asyncio.sleep(0.2)
        yield web
    finally:
        await web.kill()


class Proxy:
    """Forwards a port of loopback to the first of some ports where somebody listens."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1"

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Proxy"]:
        server = await asyncio.start_server(self._forward, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for port in self._ports:
            with contextlib.suppress(OSError):
                out_reader, out_writer = await asyncio.open_connection("127.0.0.1", port)
                pumps = [asyncio.create_task(_pump(reader, out_writer)), asyncio.create_task(_pump(out_reader, writer))]
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
                out_writer.close()
                break
        writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _environment(settings: Settings) -> dict[str, str]:
    own = {
        name: value for name, value in os.environ.items() if not name.startswith(("CHATTER_", "DATABASE_", "REDIS_"))
    }
    return own | {
        "CHATTER_DATA_DIR": str(settings.data_dir),
        "CHATTER_SECRET_KEY": settings.secret_key,
        "DATABASE_URL": settings.database_url or "",
        "REDIS_URL": settings.redis_url or "",
        "CHATTER_SIGN_UP_OPEN": "true",
        "CHATTER_LOCAL_MODELS_URL": settings.local_models_url or "",
        "CHATTER_EGRESS_ALLOW": json.dumps(settings.egress_allow),
        "CHATTER_RATE_LIMITS": os.environ["CHATTER_RATE_LIMITS"],
        "CHATTER_DASHBOARD": "false",
    }
