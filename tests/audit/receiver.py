"""A destination on loopback that keeps what it is sent, and fails when it is told to."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

__all__ = ["Receiver", "receiving"]


@dataclass
class Receiver:
    """What came, in the order in which it came; `answers` are the next statuses, then 202."""

    url: str = ""
    port: int = 0
    lines: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    hold: asyncio.Event | None = None
    """While it is set to an event, each answer waits for it."""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def reset(self) -> None:
        """Nothing was sent yet, and everything is taken."""
        for kept in (self.lines, self.headers, self.answers, self.paths):
            kept.clear()
        self.hold = None
        self.arrived.clear()

    async def take(self, request: web.Request) -> web.Response:
        body = (await request.read()).decode()
        self.arrived.set()
        self.paths.append(request.path)
        if self.hold is not None:
            await self.hold.wait()
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        status = self.answers.pop(0) if self.answers else 202
        if status == 202:
            self.lines += [json.loads(line) for line in body.splitlines()]
        headers = {"Location": f"{self.url}/elsewhere"} if status == 307 else None
        return web.Response(status=status, headers=headers)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application(client_max_size=16 * 2**20)
    app.router.add_post("/{rest:.*}", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.port = runner.addresses[0][1]
    receiver.url = f"http://127.0.0.1:{receiver.port}/in"
    try:
        yield receiver
    finally:
        await runner.cleanup()
