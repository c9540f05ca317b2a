"""Stands for the attacks: with the row-level policies, and without, where the program's own predicates must do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import pytest_asyncio

from tests.security.stand import Cast, Place, Stand, lift_policies
from tests.servers import Servers, note, worker_number

Factory = pytest.TempPathFactory


@pytest_asyncio.fixture(scope="session")
async def cast(servers: Servers, worker_id: str, tmp_path_factory: Factory) -> Cast:
    """The people and their rows, in a database that the stands are cloned from."""
    urls = await servers.database(_template(worker_id))
    async with Stand.open(Place(urls, _redis(servers, worker_id), _folder(tmp_path_factory))) as first:
        return first.cast


@pytest_asyncio.fixture(scope="session")
async def stand(servers: Servers, cast: Cast, worker_id: str, tmp_path_factory: Factory) -> AsyncIterator[Stand]:
    """The program as it is."""
    urls = await servers.clone(f"chatter_stand_{worker_id}", template=_template(worker_id))
    place = Place(urls, _redis(servers, worker_id), _folder(tmp_path_factory))
    async for opened in _living(Stand.open(place, cast)):
        yield opened
        note(f"{opened.attacks} attacks on the program as it is, {{leaks}}")


@pytest_asyncio.fixture(scope="session")
async def bare(servers: Servers, cast: Cast, worker_id: str, tmp_path_factory: Factory) -> AsyncIterator[Stand]:
    """The program on a database that has lost its policies."""
    urls = await servers.clone(f"chatter_bare_{worker_id}", template=_template(worker_id))
    await lift_policies(urls)
    place = Place(urls, _redis(servers, worker_id), _folder(tmp_path_factory))
    async for opened in _living(Stand.open(place, cast)):
        yield opened
        note(f"{opened.attacks} attacks on the program without policies, {{leaks}}")


@pytest_asyncio.fixture(params=["policies", "no policies"])
async def either(request: pytest.FixtureRequest, stand: Stand, bare: Stand) -> Stand:
    """Both, one after the other: each layer must hold alone."""
    return stand if request.param == "policies" else bare


@pytest_asyncio.fixture(params=["policies", "no policies"])
async def spent(
    request: pytest.FixtureRequest, servers: Servers, cast: Cast, worker_id: str, tmp_path_factory: Factory
) -> AsyncIterator[Stand]:
    """As `either`, for tests that use up the attacker's own rows."""
    urls = await servers.clone(f"chatter_spent_{worker_id}", template=_template(worker_id))
    if request.param == "no policies":
        await lift_policies(urls)
    place = Place(urls, _redis(servers, worker_id), _folder(tmp_path_factory))
    async for opened in _living(Stand.open(place, cast)):
        yield opened
        note(f"{opened.attacks} attacks on rows that have twins, {request.param}, {{leaks}}")


async def _living(opening: AbstractAsyncContextManager[Stand]) -> AsyncIterator[Stand]:
    """A lifespan must end in the task that began it; fixtures end in another."""
    stands: list[Stand] = []
    started, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with opening as stand:
            stands.append(stand)
            started.set()
            await stop.wait()

    living = asyncio.create_task(live())
    begun = asyncio.create_task(started.wait())
    await asyncio.wait({living, begun}, return_when=asyncio.FIRST_COMPLETED)
    if living.done():
        begun.cancel()
        await living
    yield stands[0]
    stop.set()
    await living


def _template(worker_id: str) -> str:
    return f"chatter_cast_{worker_id}"


def _redis(servers: Servers, worker_id: str) -> str:
    return servers.redis_url(worker_number(worker_id))


def _folder(factory: Factory) -> Path:
    return factory.mktemp("stand")
