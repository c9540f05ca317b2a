"""An API that runs beside the shared one, with settings of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from litestar import Litestar

from tests.people import asgi

__all__ = ["calling"]


@asynccontextmanager
async def calling(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the started application, whose lifespan has a task of its own: fixtures begin and end in two."""
    started, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            started.set()
            await stop.wait()

    living = asyncio.create_task(live())
    begun = asyncio.create_task(started.wait())
    await asyncio.wait({living, begun}, return_when=asyncio.FIRST_COMPLETED)
    if living.done():
        begun.cancel()
        await living
    try:
        async with httpx.AsyncClient(transport=asgi(app), base_url="http://chatter.test") as client:
            yield client
    finally:
        stop.set()
        await living
