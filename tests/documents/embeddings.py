"""An embedding server that can be made to wait, and remembers what it was asked to embed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec
from aiohttp import web

from tests.upstream.vectors import EmbeddingRequest, embedding_response

__all__ = ["EmbeddingServer", "serve_embeddings"]


@dataclass
class EmbeddingServer:
    """What has been asked, and how to hold the answers back."""

    url: str = ""
    texts: Counter[str] = field(default_factory=Counter)
    """Each text → how often it was sent."""
    requests: int = 0
    answers_left: int | None = None
    """None: answers everything. A number: after so many answers, callers wait."""
    failing: bool = False
    """Answer 503."""
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a caller waits."""
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def reset(self) -> None:
        """Forget what was asked, and answer everybody."""
        self.release()
        self.texts.clear()
        self.requests = 0
        self.failing = False
        self.waiting.clear()

    def hold_after(self, answers: int) -> None:
        """Answer so many more requests; those after them wait until `release`."""
        self.released.clear()
        self.answers_left = answers

    def release(self) -> None:
        """Answer everybody again."""
        self.answers_left = None
        self.released.set()

    async def answer(self, request: web.Request) -> web.Response:
        asked = msgspec.json.decode(await request.read(), type=EmbeddingRequest)
        self.requests += 1
        if self.failing:
            return web.json_response({"error": {"message": "away"}}, status=503)
        self.texts.update([asked.input] if isinstance(asked.input, str) else asked.input)
        if self.answers_left is not None:
            if self.answers_left == 0:
                self.waiting.set()
                await self.released.wait()
            else:
                self.answers_left -= 1
        _, _, body = embedding_response(asked).partition(b"\r\n\r\n")
        return web.Response(body=body, content_type="application/json")


@asynccontextmanager
async def serve_embeddings() -> AsyncIterator[EmbeddingServer]:
    """Serve on loopback."""
    server = EmbeddingServer()
    app = web.Application(client_max_size=2**26)
    app.router.add_post("/v1/embeddings", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}/v1"
    try:
        yield server
    finally:
        server.release()
        await runner.cleanup()
